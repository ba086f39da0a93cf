"""VOID's weights: golden counts and names, three layouts, what they are widened from, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from math import prod
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from cleanplate.errors import InputError
from cleanplate.models.catalogue.void_facts import counted
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.void.config import PUBLISHED, geometry
from cleanplate.models.void.layouts import layout_of, plainly, spelled
from cleanplate.models.void.transformer import load, skeleton, start
from cleanplate.models.void.widen import narrow, widened
from cleanplate.models.weights.fit import shapes_of
from drawn_void import BASE, CONFIG, in_comfys_layout, transformer, weights


def published() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a published pass, as its specification lists them."""

    def linear(name: str, outputs: int, inputs: int) -> dict[str, tuple[int, ...]]:
        return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}

    def norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
        return {f"{name}.weight": (channels,), f"{name}.bias": (channels,)}

    shapes = linear("patch_embed.proj", 3072, 384) | linear("patch_embed.text_proj", 3072, 4096)
    shapes |= linear("time_embedding.linear_1", 512, 3072) | linear("time_embedding.linear_2", 512, 512)
    for block in (f"transformer_blocks.{index}" for index in range(42)):
        for number in (1, 2):
            shapes |= linear(f"{block}.norm{number}.linear", 18_432, 512) | norm(f"{block}.norm{number}.norm", 3072)
        for part in ("to_q", "to_k", "to_v", "to_out.0"):
            shapes |= linear(f"{block}.attn1.{part}", 3072, 3072)
        shapes |= norm(f"{block}.attn1.norm_q", 64) | norm(f"{block}.attn1.norm_k", 64)
        shapes |= linear(f"{block}.ff.net.0.proj", 12_288, 3072) | linear(f"{block}.ff.net.2", 3072, 12_288)
    shapes |= norm("norm_final", 3072) | linear("norm_out.linear", 6144, 512) | norm("norm_out.norm", 3072)
    return shapes | linear("proj_out", 128, 3072)


def test_a_pass_has_the_published_tensors() -> None:
    shapes = shapes_of(skeleton(PUBLISHED))
    assert shapes == published()
    assert len(shapes) == 1024
    assert sum(map(prod, shapes.values())) == 5_571_462_784
    assert geometry(shapes) == PUBLISHED
    assert geometry(shapes | {"patch_embed.proj.weight": (3072, 264)}) == narrow(PUBLISHED)


def test_the_table_tells_the_published_numbers() -> None:
    told = counted(VOIDS["void-5b"])
    assert told["parameters"] == 5_571_462_784
    assert len(told["tensors"]) == 1024
    assert told["limits"]["frames"] == 85
    assert told["limits"]["multiple_of"] == (16, 16)
    assert round(told["parameters"] / 1e9, 1) == VOIDS["void-5b"].parameters


def test_what_is_fetched_has_no_transformer_of_the_base() -> None:
    fetched = [f"{weights.repository}/{weights.folder}" for weights in VOIDS["void-5b"].needs]
    base = "alibaba-pai/CogVideoX-Fun-V1.5-5b-InP"
    passes = ["netflix/void-model/void_pass1.safetensors", "netflix/void-model/void_pass2.safetensors"]
    assert fetched == [*passes, f"{base}/vae", f"{base}/text_encoder", f"{base}/tokenizer"]


def test_the_rows_are_read_without_torch() -> None:
    asking = "import sys\nfrom cleanplate.models.catalogue import facts\n"
    code = asking + "assert 'void-5b' in str(facts.rows()); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


COMFYS = {
    "patch_embed.proj.weight": "patch_embed.proj.weight",
    "time_embedding.linear_2.bias": "time_embedding_linear_2.bias",
    "transformer_blocks.7.attn1.to_q.weight": "blocks.7.q.weight",
    "transformer_blocks.7.attn1.norm_k.bias": "blocks.7.norm_k.bias",
    "transformer_blocks.41.attn1.to_out.0.weight": "blocks.41.attn_out.weight",
    "transformer_blocks.0.ff.net.0.proj.bias": "blocks.0.ff_proj.bias",
    "transformer_blocks.0.ff.net.2.weight": "blocks.0.ff_out.weight",
    "transformer_blocks.0.norm2.linear.weight": "blocks.0.norm2.linear.weight",
    "norm_out.linear.bias": "norm_out.linear.bias",
}


def test_comfys_names() -> None:
    assert {name: spelled(name, "comfy") for name in COMFYS} == COMFYS
    names = published()
    theirs = [spelled(name, "comfy") for name in names]
    assert len(set(theirs)) == 1024
    assert [plainly(name, "comfy") for name in theirs] == list(names)
    assert not any("transformer_blocks" in name or "attn1" in name or "ff.net" in name for name in theirs)
    assert (layout_of(names), layout_of(theirs), layout_of(["blocks.0.attn_out.weight"])) == (
        "diffusers",
        "comfy",
        None,
    )


def same(model: torch.nn.Module, expected: dict[str, Tensor]) -> bool:
    state = model.state_dict()
    return state.keys() == expected.keys() and all(torch.equal(state[name], expected[name]) for name in state)


@pytest.mark.parametrize("layout", ["published", "comfy", "diffusers"])
def test_every_layout_gives_the_same_transformer(layout: str, tmp_path: Path) -> None:
    expected, path = weights(1), tmp_path / "a.safetensors"
    if layout == "diffusers":
        transformer(seed=1).save_pretrained(tmp_path / "transformer", max_shard_size="30KB")
        path = tmp_path / "transformer"
        assert len(list(path.glob("*.safetensors"))) > 2
    else:
        save_file(in_comfys_layout(expected) if layout == "comfy" else expected, path)
    for config in (None, CONFIG):
        model = load(path, config)
        assert same(model, expected)
        assert not model.training
    assert load(path, CONFIG, torch.bfloat16).dtype == torch.bfloat16


def test_a_loaded_pass_answers_as_the_one_that_was_saved(tmp_path: Path) -> None:
    save_file(in_comfys_layout(weights(1)), tmp_path / "a.safetensors")
    torch.manual_seed(0)
    asked = torch.randn(1, 2, 12, 4, 4), torch.randn(1, 5, CONFIG.text_dim), torch.tensor([500])
    with torch.no_grad():
        ours, theirs = (model(*asked).sample for model in (load(tmp_path / "a.safetensors"), transformer(seed=1)))
    assert ours.shape == (1, 2, 4, 4, 4)
    assert torch.equal(ours, theirs)


def test_what_is_stored_in_half_stays_in_half(tmp_path: Path) -> None:
    save_file(weights(1, dtype=torch.bfloat16), tmp_path / "a.safetensors")
    assert {part.dtype for part in load(tmp_path / "a.safetensors").parameters()} == {torch.bfloat16}


def test_the_first_layers_columns_are_channels_of_patches() -> None:
    """Channels are slowest, then frames, rows and columns of a patch."""
    model = transformer()
    torch.manual_seed(0)
    video = torch.randn(1, 2, 12, 2, 2)
    with torch.no_grad():
        tokens = model.patch_embed(torch.zeros(1, 1, CONFIG.text_dim), video)[:, 1:]
        by_hand = model.patch_embed.proj(video[0].movedim(1, 0).reshape(1, 1, -1))
    torch.testing.assert_close(tokens, by_hand, rtol=0, atol=1e-6)


def test_widening_of_the_published_shape() -> None:
    weight = torch.arange(264.0).repeat(2, 1)
    wide = widened(weight, 16)
    assert wide.shape == (2, 384)
    assert torch.equal(wide[:, :128], weight[:, :128])
    assert torch.equal(wide[:, 256:], weight[:, 136:])
    for block in range(16):
        assert torch.equal(wide[:, 128 + 8 * block : 136 + 8 * block], weight[:, 128:136])


@pytest.mark.parametrize("config", [None, CONFIG])
def test_training_starts_from_the_widened_base(config: object, tmp_path: Path) -> None:
    save_file(weights(3, BASE), tmp_path / "base.safetensors")
    begun = start(tmp_path / "base.safetensors", CONFIG if config else None)
    base = transformer(BASE, 3)
    assert begun.config.in_channels == 12
    torch.manual_seed(0)
    noise, mask, video = torch.randn(1, 2, 4, 4, 4), torch.randn(1, 2, 1, 4, 4), torch.randn(1, 2, 4, 4, 4)
    rest = torch.randn(1, 5, CONFIG.text_dim), torch.tensor([500])
    with torch.no_grad():
        first = torch.zeros(1, 2, 3, 4, 4)
        ours = begun(torch.cat((noise, mask, first, video), dim=2), *rest).sample
        theirs = base(torch.cat((noise, mask, video), dim=2), *rest).sample
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_training_starts_from_a_pass_as_it_is(tmp_path: Path) -> None:
    save_file(in_comfys_layout(weights(1)), tmp_path / "a.safetensors")
    assert same(start(tmp_path / "a.safetensors"), weights(1))


def _without(found: dict[str, Tensor]) -> None:
    found.pop("transformer_blocks.1.attn1.to_v.bias")


def _with(found: dict[str, Tensor]) -> None:
    found["transformer_blocks.1.attn1.to_w.bias"] = torch.zeros(3)


def _without_what_tells(found: dict[str, Tensor]) -> None:
    found.pop("patch_embed.proj.weight")


def _other_shape(found: dict[str, Tensor]) -> None:
    found["norm_out.linear.weight"] = torch.zeros(3, 4)


def _flat(found: dict[str, Tensor]) -> None:
    found["patch_embed.proj.weight"] = torch.zeros(3)


def _another_model(found: dict[str, Tensor]) -> None:
    found.clear()
    found["blocks.0.attn.weight"] = torch.zeros(3)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_without, r"the weights lack transformer_blocks\.1\.attn1\.to_v\.bias"),
        (_with, r"nothing in the model takes transformer_blocks\.1\.attn1\.to_w\.bias"),
        (_without_what_tells, r"the weights lack patch_embed\.proj\.weight"),
        (_other_shape, r"norm_out\.linear\.weight is 3x4, the model wants 64x8"),
        (_flat, "no CogVideoX transformer has these shapes"),
        (_another_model, "not the weights of a CogVideoX transformer"),
    ],
)
def test_weights_that_are_refused(spoil: Callable[[dict[str, Tensor]], None], said: str, tmp_path: Path) -> None:
    found = weights()
    spoil(found)
    save_file(found, tmp_path / "a.safetensors")
    for taken in (load, start):
        with pytest.raises(InputError, match=said):
            taken(tmp_path / "a.safetensors")


def test_the_base_is_no_pass_and_another_geometry_is_no_row(tmp_path: Path) -> None:
    save_file(weights(0, BASE), tmp_path / "base.safetensors")
    with pytest.raises(InputError, match="reads 9 channels; VOID reads noise, mask and source, 12 in all"):
        load(tmp_path / "base.safetensors")
    save_file(weights(), tmp_path / "tiny.safetensors")
    with pytest.raises(InputError, match=r"the weights lack transformer_blocks\.10\..*and \d+ more"):
        load(tmp_path / "tiny.safetensors", PUBLISHED)


def test_pickles_and_halves_are_refused(tmp_path: Path) -> None:
    torch.save(weights(), tmp_path / "void_pass1.pt")
    with pytest.raises(InputError, match="pickle"):
        load(tmp_path / "void_pass1.pt")
    save_file(weights(), tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").write_bytes((tmp_path / "a.safetensors").read_bytes()[:-4])
    with pytest.raises(InputError, match="no whole file"):
        load(tmp_path / "a.safetensors")


def test_configs_are_written_and_read_alike() -> None:
    assert type(PUBLISHED).model_validate_json(PUBLISHED.model_dump_json()) == PUBLISHED
    assert json.loads(PUBLISHED.model_dump_json())["in_channels"] == 48
