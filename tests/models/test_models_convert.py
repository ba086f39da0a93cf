"""Conversion of weights, tensor by tensor, against loading them whole; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from cleanplate.errors import InputError, UsageError
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.catalogue.written import write_config
from cleanplate.models.mixture.config import layered
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.store.convert import convert
from cleanplate.models.store.loading import from_wan, load, save
from cleanplate.progress import Silent
from drawn_models import TINY, system_of, vera
from drawn_wan import in_original_layout, wan

SYSTEM = System(transformer=layered("shared", **TINY), limits=Limits(frames=9, pixels=64 * 112, rate=12))


@pytest.fixture
def kind(tmp_path: Path) -> str:
    """A folder that tells what to write: its config alone."""
    (tmp_path / "kind").mkdir()
    write_config(SYSTEM, tmp_path / "kind")
    return str(tmp_path / "kind")


def same(model: Mixture, weights: dict[str, Tensor]) -> bool:
    state = model.state_dict()
    return state.keys() == weights.keys() and all(torch.equal(state[name], weights[name]) for name in state)


@pytest.mark.parametrize("layout", ["original", "diffusers", "repository"])
@pytest.mark.parametrize("shard", [5_000_000_000, 20_000])
def test_wan_becomes_the_first_weights_of_vera(layout: str, shard: int, kind: str, tmp_path: Path) -> None:
    source = tmp_path / "wan"
    if layout == "original":
        source.mkdir()
        save_file(in_original_layout(wan()), source / "wan.safetensors")
    else:
        wan().save_pretrained(source / "transformer" if layout == "repository" else source)
    done = convert(source, tmp_path / "out", kind, progress=Silent(), shard=shard)
    weights = source / "transformer" if layout == "repository" else source
    expected = from_wan(SYSTEM.transformer, weights).state_dict()
    loaded, system = load(tmp_path / "out")
    assert system == SYSTEM
    assert same(loaded, expected)
    assert (done.kind, done.tensors, done.bytes) == (
        *("wan2.1", len(expected)),
        sum(tensor.nbytes for tensor in expected.values()),
    )
    files = sorted((tmp_path / "out").glob("*.safetensors"))
    assert (len(files) > 5) == (shard == 20_000)
    assert all(sum(tensor.nbytes for tensor in load_file(file).values()) <= shard for file in files)
    assert not verify(str(tmp_path / "out"), Silent()).findings


def test_a_model_of_ours_in_other_numbers(tmp_path: Path) -> None:
    model = vera()
    save(model, system_of(model), tmp_path / "one")
    convert(tmp_path / "one", tmp_path / "half", None, "bfloat16", progress=Silent())
    loaded, system = load(tmp_path / "half")
    assert system == system_of(model)
    assert same(loaded, {name: tensor.bfloat16() for name, tensor in model.state_dict().items()})
    convert(tmp_path / "half", tmp_path / "again", str(tmp_path / "one"), progress=Silent())
    assert same(load(tmp_path / "again")[0], loaded.state_dict())


def test_equal_weights_give_equal_bytes(kind: str, tmp_path: Path) -> None:
    save_file(in_original_layout(wan()), tmp_path / "wan.safetensors")
    for out in ("one", "two"):
        convert(tmp_path / "wan.safetensors", tmp_path / out, kind, progress=Silent(), shard=30_000)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    index = json.loads((tmp_path / "one" / "model.safetensors.index.json").read_text("utf-8"))
    assert index["weight_map"].keys() == load(tmp_path / "one")[0].state_dict().keys()


def test_what_cannot_be_converted_is_refused(kind: str, tmp_path: Path) -> None:
    source, out = tmp_path / "wan.safetensors", tmp_path / "out"
    weights = in_original_layout(wan())
    save_file(weights, source)
    with pytest.raises(UsageError, match="0 models start from weights of this geometry"):
        convert(source, out, progress=Silent())
    with pytest.raises(InputError, match="the weights lack"):
        convert(source, out, "vera-1.3b", progress=Silent())
    with pytest.raises(UsageError, match="no model 'vera'"):
        convert(source, out, "vera", progress=Silent())
    with pytest.raises(UsageError, match="no dtype 'int8'"):
        convert(source, out, kind, "int8", progress=Silent())
    save_file({"encoder.weight": torch.zeros(1)}, source)
    with pytest.raises(InputError, match=r"of no kind.*wan2\.1: a Wan2\.1 transformer"):
        convert(source, out, kind, progress=Silent())
    torch.save(weights, source)
    with pytest.raises(InputError, match="pickle"):
        convert(source, out, kind, progress=Silent())
    assert not out.exists()


def test_a_model_of_another_kind_is_not_renamed(kind: str, tmp_path: Path) -> None:
    model = vera()
    save(model, system_of(model), tmp_path / "one")
    with pytest.raises(UsageError, match="of another model"):
        convert(tmp_path / "one", tmp_path / "out", kind, progress=Silent())
    with pytest.raises(InputError, match="something else of this name"):
        convert(tmp_path / "one", tmp_path / "one", progress=Silent())
