"""RAFT against torchvision's, and its weights from the published layouts to a flow.

The golden flows are those of torchvision 0.28.0's `raft_large` on torch 2.13.0, CPU, one thread, 32 bits, given the
weights and pictures of `drawn_raft`; the names and shapes are its state dict's.
"""

from __future__ import annotations

from functools import partial
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from cleanplate.errors import InputError, UsageError
from cleanplate.models.catalogue.flow_facts import counted
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.flow import geometry
from cleanplate.models.flow.layouts import layout_of, targets
from cleanplate.models.flow.loading import load, parameters, shapes
from cleanplate.models.flow.method import RaftFlow
from cleanplate.models.flow.raft import Raft
from cleanplate.models.store.convert import convert
from cleanplate.models.store.raft import flow_of
from cleanplate.motion.flow import LearnedFlow, make_flow
from cleanplate.pipeline import registry
from cleanplate.progress import Silent
from drawn_raft import in_the_authors_layout, pictures, weights, write_raft


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split()]


# By iterations: pixels [8::37, 5::50] of dx, then of dy; means and deviations of both over the picture.
GOLDEN: dict[int, tuple[list[float], list[float], list[float]]] = {
    1: (
        _numbers(
            "-1.1296 -0.2305 -0.0968 -1.1297 0.021 0.4906 0.5265 -1.3141 0.2285 0.6299 0.2839 -1.2381 "
            "0.2737 0.8878 0.7036 -0.4804 -0.1608 -0.6949 -0.2298 -1.1497 -0.5885 -0.5608 0.1512 -1.6442 "
            "0.1955 -1.293 -1.1633 -1.548 0.353 -0.4613 -0.1435 -1.0389"
        ),
        [0.21533, -0.79725],
        [0.76615, 0.68094],
    ),
    3: (
        _numbers(
            "-3.0675 -1.4366 -1.1454 -3.448 0.1008 0.9331 1.9915 -3.9938 0.2376 2.394 1.0563 -3.773 "
            "0.8414 2.5725 1.3631 -1.6157 -0.3065 -2.5473 -1.162 -3.4308 -1.239 -1.974 0.0189 -4.7764 "
            "0.4681 -4.3008 -4.2547 -4.7677 0.9292 -0.9965 -0.2805 -2.9239"
        ),
        [0.57607, -2.56788],
        [2.36365, 2.11531],
    ),
    12: (
        _numbers(
            "-10.7559 -11.9435 -7.2498 -16.0211 -4.0419 1.957 8.7825 -14.3173 -1.9597 7.8904 5.4096 -14.6611 "
            "4.5567 9.3505 -0.343 -8.2312 1.3049 -9.9624 -12.4694 -17.2231 -1.7419 -7.3562 -7.7507 -20.7756 "
            "0.8837 -18.3019 -22.2897 -15.0463 1.2029 -3.6681 -2.2793 -9.5359"
        ),
        [0.91918, -11.84128],
        [9.53996, 8.73785],
    ),
}
# 136 x 264, four iterations: the coarsest level is 2 x 4, and rounded down. Pixels [8::60, 5::80].
ODD = (
    _numbers(
        "-1.6144 -3.5178 -5.5156 -4.6907 0.7908 4.5984 4.1602 -4.1756 -0.1827 2.2406 3.0607 0.4519 "
        "1.5697 -0.5919 -1.2059 -5.146 3.229 -1.4108 -5.0505 -9.027 1.2943 -0.7413 0.6326 -0.457"
    ),
    [1.21029, -3.31501],
    [3.85108, 2.86165],
)


@pytest.fixture(scope="module")
def raft() -> Raft:
    torch.set_num_threads(1)
    model = Raft().eval()
    model.load_state_dict(weights(shapes()))
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_raft(tmp_path_factory.mktemp("raft") / "raft-large")


def pair(size: tuple[int, int] = (128, 160)) -> list[Tensor]:
    return [torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1 for picture in pictures(size)]


def agrees(
    flow_2HW: NDArray[np.float32], steps: tuple[int, int], known: tuple[list[float], list[float], list[float]]
) -> None:
    pixels = flow_2HW[:, 8 :: steps[0], 5 :: steps[1]].ravel()
    np.testing.assert_allclose(pixels, known[0], rtol=1e-4, atol=2e-4)
    np.testing.assert_allclose(flow_2HW.mean((1, 2), np.float64), known[1], rtol=1e-4)
    np.testing.assert_allclose(flow_2HW.std((1, 2), np.float64), known[2], rtol=1e-4)


@pytest.mark.parametrize(("iterations", "limit"), [(1, geometry.LIMIT), (3, 0), (12, geometry.LIMIT)])
@torch.inference_mode()
def test_the_flow_is_torchvisions(raft: Raft, iterations: int, limit: int) -> None:
    """Whether all pairs are computed, or only those that are seen."""
    flow = raft(*pair(), iterations=iterations, limit=limit)
    agrees(flow[0].numpy(), (37, 50), GOLDEN[iterations])


@torch.inference_mode()
def test_sizes_that_halve_to_odd_ones(raft: Raft) -> None:
    agrees(raft(*pair((136, 264)), iterations=4)[0].numpy(), (60, 80), ODD)


def test_names_shapes_and_parameters_are_the_published_ones() -> None:
    found = shapes()
    assert len(found) == 169
    assert sum(map(prod, parameters().values())) == 5_257_536 == geometry.PARAMETERS == counted()["parameters"]
    assert sum(map(prod, found.values())) == 5_260_431
    known = {
        "feature_encoder.convnormrelu.0.weight": (64, 3, 7, 7),
        "feature_encoder.layer3.0.downsample.0.weight": (128, 96, 1, 1),
        "feature_encoder.conv.weight": (256, 128, 1, 1),
        "context_encoder.layer2.0.convnormrelu1.1.running_var": (96,),
        "context_encoder.layer2.0.downsample.1.num_batches_tracked": (),
        "update_block.motion_encoder.convcorr1.0.weight": (256, 324, 1, 1),
        "update_block.motion_encoder.convflow1.0.weight": (128, 2, 7, 7),
        "update_block.motion_encoder.conv.0.weight": (126, 256, 3, 3),
        "update_block.recurrent_block.convgru1.convz.weight": (128, 384, 1, 5),
        "update_block.recurrent_block.convgru2.convq.weight": (128, 384, 5, 1),
        "update_block.flow_head.conv2.weight": (2, 256, 3, 3),
        "mask_predictor.conv.weight": (576, 256, 1, 1),
    }
    assert {name: found[name] for name in known} == known
    assert not any(name.startswith("feature_encoder.convnormrelu.1") for name in found)


@pytest.mark.parametrize("prefix", ["module.", ""])
def test_the_authors_names_are_ours(prefix: str) -> None:
    published = weights(shapes())
    theirs = {
        prefix + name.removeprefix("module."): tensor for name, tensor in in_the_authors_layout(published).items()
    }
    assert len(theirs) == 169 + 2 * 5  # the norms of two projections are there twice
    for name in ("cnet.layer3.0.norm3.weight", "fnet.layer2.0.downsample.0.bias", "update_block.gru.convz1.weight"):
        assert prefix + name in theirs
    assert layout_of(theirs) == "princeton"
    homes = targets(theirs, "princeton")
    renamed = {home: theirs[name] for name in theirs for home in homes[name]}
    assert renamed.keys() == published.keys()
    assert all(torch.equal(renamed[name], published[name]) for name in published)


@pytest.mark.parametrize("layout", ["torchvision", "authors"])
def test_published_weights_are_converted(layout: str, folder: Path, tmp_path: Path) -> None:
    published = weights(shapes())
    save_file(published if layout == "torchvision" else in_the_authors_layout(published), tmp_path / "raft.safetensors")
    done = convert(tmp_path / "raft.safetensors", tmp_path / "out", progress=Silent())
    assert (done.kind, done.tensors, done.system) == ("raft", 169, None)
    assert (tmp_path / "out/config.json").read_bytes() == (folder / "config.json").read_bytes()
    written = load_file(tmp_path / "out/model.safetensors")
    assert all(torch.equal(written[name], published[name]) for name in published)
    assert not verify(str(tmp_path / "out"), Silent()).findings
    assert not verify(str(tmp_path / "raft.safetensors"), Silent()).findings
    half = convert(tmp_path / "out", tmp_path / "half", "raft-large", "float16", progress=Silent())
    assert half.bytes < 0.6 * done.bytes
    found = load(tmp_path / "half").state_dict()
    assert all(torch.equal(found[name], published[name].half().to(found[name].dtype)) for name in published)


def test_weights_that_are_refused(folder: Path, tmp_path: Path) -> None:
    published = weights(shapes())
    save_file({"encoder.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="not the weights of RAFT"):
        flow_of(str(tmp_path / "other.safetensors"))
    without = {name: tensor for name, tensor in published.items() if name != "mask_predictor.conv.bias"}
    save_file(without, tmp_path / "half.safetensors")
    with pytest.raises(InputError, match=r"lack mask_predictor\.conv\.bias"):
        flow_of(str(tmp_path / "half.safetensors"))
    with pytest.raises(InputError, match=r"lack mask_predictor\.conv\.bias"):
        convert(tmp_path / "half.safetensors", tmp_path / "out", progress=Silent())
    assert [f.what for f in verify(str(tmp_path / "half.safetensors"), Silent()).findings]
    save_file(published | {"more": torch.zeros(1)}, tmp_path / "more.safetensors")
    with pytest.raises(InputError, match="nothing in the model takes more"):
        flow_of(str(tmp_path / "more.safetensors"))
    with pytest.raises(UsageError, match="not of 'vera-14b'"):
        convert(folder, tmp_path / "out", "vera-14b", progress=Silent())
    torch.save(published, tmp_path / "raft.pth")
    with pytest.raises(InputError, match="pickle"):
        flow_of(str(tmp_path / "raft.pth"))
    with pytest.raises(InputError, match="no such file"):
        flow_of(str(tmp_path / "none"))
    assert not (tmp_path / "out").exists()


def test_by_name(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are looked for in the folder of models; the other methods take none."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path))
    with pytest.raises(InputError, match=r"raft-large.*models convert"):
        registry.flow("raft")
    (tmp_path / "raft-large").symlink_to(folder)
    found, named = registry.flow("raft"), registry.flow("raft", str(folder))
    assert isinstance(found, LearnedFlow)
    assert isinstance(named, LearnedFlow)
    assert found.digest == named.digest
    assert not isinstance(registry.flow("dis"), LearnedFlow)
    with pytest.raises(UsageError, match="takes no weights"):
        registry.flow("dis", str(folder))
    with pytest.raises(UsageError, match="dis, dis-fast, raft"):
        registry.flow("farneback")


def test_any_size_gray_or_coloured_and_the_same_in_a_run(folder: Path) -> None:
    """Features of a picture that has been seen are not computed again, and nothing else changes."""
    one = np.ascontiguousarray(pictures((75, 141))[0])
    moved = np.ascontiguousarray(np.roll(one, 3, axis=1))
    run, alone = (RaftFlow(partial(load, folder), "", iterations=2) for _ in range(2))
    first, back = run(one, moved), run(moved, one)
    assert first.shape == (75, 141, 2)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(back, alone(moved, one))
    gray = np.ascontiguousarray(one[..., 0])
    np.testing.assert_array_equal(run(gray, gray), alone(np.dstack([gray] * 3), np.dstack([gray] * 3)))
    with pytest.raises(ValueError, match="between pictures"):
        run(one, one[1:])
    assert make_flow()(gray, gray).shape == (75, 141, 2)


@torch.inference_mode()
def test_what_it_costs_is_counted() -> None:
    """Torch's own count of operations, on the meta device."""
    size = 384, 672
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        Raft().eval()(torch.empty(1, 3, *size), torch.empty(1, 3, *size))
    assert counter.get_total_flops() == pytest.approx(geometry.multiplied(*size, remembered=False), rel=0.01)


def test_large_frames_take_no_memory_for_all_pairs() -> None:
    assert geometry.volume_bytes(*geometry.grid(384, 672)) < geometry.LIMIT < geometry.volume_bytes(135, 240)
    assert geometry.memory(1080, 1920) < geometry.LIMIT + geometry.memory(384, 672)
