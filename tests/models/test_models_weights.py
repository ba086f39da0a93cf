"""Every tensor of a checkpoint has its place, and whatever does not fit is refused by name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from cleanplate.errors import InputError
from cleanplate.models.mixture import wan as names
from cleanplate.models.mixture.config import MixtureConfig, layered, plain
from cleanplate.models.mixture.model import skeleton
from cleanplate.models.store.loading import from_wan, load, save
from cleanplate.models.weights.checkpoint import Checkpoint
from drawn_models import TINY, system_of, vera
from drawn_wan import CONFIG, diffusers_name, in_original_layout, original_names, wan

CONFIGS = [
    plain(**TINY),
    layered("none", **TINY),
    layered("own", **TINY),
    layered("shared", **TINY),
    layered("own", **TINY, one_tower=True),
    layered("shared", **TINY, joint=False),
]


def test_our_original_names_are_wans() -> None:
    assert set(names.targets(CONFIG, names.ORIGINAL)) == set(original_names(CONFIG.layers))
    assert set(names.targets(CONFIG, names.DIFFUSERS)) == set(wan().state_dict())


@pytest.mark.parametrize("config", CONFIGS)
def test_both_layouts_lead_to_the_same_places(config: MixtureConfig) -> None:
    original, diffusers = names.targets(config, names.ORIGINAL), names.targets(config, names.DIFFUSERS)
    for name, theirs in diffusers_name(config.layers).items():
        assert original[name] == diffusers[theirs]


@pytest.mark.parametrize("config", CONFIGS)
def test_every_parameter_has_one_origin(config: MixtureConfig) -> None:
    origins = Counter(ours for homes in names.targets(config, names.DIFFUSERS).values() for ours in homes)
    origins.update(names.untaught(config))
    assert set(origins.values()) == {1}
    assert set(origins) == set(skeleton(config).state_dict())


def test_layouts_are_told_apart() -> None:
    assert names.layout_of(original_names(1)) == names.ORIGINAL
    assert names.layout_of(wan().state_dict()) == names.DIFFUSERS
    assert names.layout_of(["encoder.weight"]) is None


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "wan.safetensors"
    save_file(in_original_layout(wan()), path)
    return path


def test_branches_share_no_memory_and_new_layers_are_zero(stored: Path) -> None:
    model = from_wan(layered(**TINY), stored)
    weights = model.state_dict()
    edit, composite = (weights[f"blocks.0.towers.{name}.attention.to_q.weight"] for name in ("edit", "composite"))
    assert torch.equal(edit, composite)
    edit.zero_()
    assert composite.any()
    assert not any(weights[name].any() for name in names.untaught(model.config))
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_weights_may_be_cast(stored: Path) -> None:
    model = from_wan(layered(**TINY), stored, torch.bfloat16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def _edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    weights = load_file(path)
    change(weights)
    save_file(weights, path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("blocks.1.self_attn.q.weight"), r"lack blocks\.1\.self_attn\.q\.weight"),
        (lambda w: w.update({"blocks.0.cross_attn.k_img.weight": torch.zeros(1)}), r"takes blocks.0.cross_attn.k_img"),
        (lambda w: w.update({"head.head.bias": torch.zeros(3)}), "head.head.bias is 3, the model wants 16"),
        (lambda w: w.pop("head.modulation"), "not the weights of a Wan2.1"),
        (lambda w: [w.pop(name) for name in list(w) if ".ffn." in name], "and 7 more"),
    ],
)
def test_what_does_not_fit_is_named(stored: Path, change: Callable[[dict[str, Any]], object], said: str) -> None:
    _edited(stored, change)
    with pytest.raises(InputError, match=said):
        from_wan(layered(**TINY), stored)


def _pickled_name(path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, path.rename(path.with_suffix(".pth")))


def _pickle_in_disguise(path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, path)


def _old_pickle_in_disguise(path: Path) -> None:
    torch.save({"a": torch.zeros(1)}, path, _use_new_zipfile_serialization=False)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


def _two(path: Path) -> None:
    save_file({"a": torch.zeros(1)}, path.with_name("other.safetensors"))


def _indexed(files: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        index = {"weight_map": files}
        path.with_name("wan.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_pickled_name, "pickle"),
        (_pickle_in_disguise, "pickle"),
        (_old_pickle_in_disguise, "pickle"),
        (_half, "no whole file"),
        (_emptied, "no whole file"),
        (_gone, "no safetensors in this folder"),
        (_two, "several safetensors"),
        (_indexed({"a": "absent.safetensors"}), "absent.safetensors is not there"),
        (_indexed({"a": "wan.safetensors"}), "the index promises a"),
        (_indexed({"a": "../wan.safetensors"}), "out of its folder"),
        (_indexed(3), "no index"),
    ],
)
def test_files_that_are_refused(stored: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(stored)
    with pytest.raises(InputError, match=said):
        Checkpoint.open(stored.parent)


def test_shards_are_one_checkpoint(stored: Path) -> None:
    whole = from_wan(CONFIG, stored).state_dict()
    folder = stored.parent / "sharded"
    wan().save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    sharded = from_wan(CONFIG, folder).state_dict()
    assert all(torch.equal(sharded[name], weight) for name, weight in whole.items())


def test_two_shards_with_one_name_are_refused(stored: Path) -> None:
    weights = load_file(stored)
    save_file(weights, stored.with_name("twin.safetensors"))
    first, *rest = weights
    _indexed({first: "twin.safetensors"} | dict.fromkeys(rest, "wan.safetensors"))(stored)
    with pytest.raises(InputError, match="two files hold"):
        Checkpoint.open(stored.parent)


@pytest.mark.parametrize("shard", ["5GB", "20KB"])
def test_our_own_layout_round_trips_to_the_bit(shard: str, tmp_path: Path) -> None:
    model = vera()
    save(model, system_of(model), tmp_path / "one", shard)
    save(model, system_of(model), tmp_path / "two", shard)
    loaded, system = load(tmp_path / "one")
    assert loaded.config == model.config
    assert system == system_of(model)
    assert all(torch.equal(loaded.state_dict()[name], weight) for name, weight in model.state_dict().items())
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    with pytest.raises(InputError, match="something else of this name"):
        save(model, system_of(model), tmp_path / "one")


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "other"}', '{"format": "cleanplate-mixture-1", "system": {}}'])
def test_other_configs_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="mixture"):
        load(tmp_path)
    with pytest.raises(InputError, match="mixture"):
        load(tmp_path / "absent")
