"""Whole runs: stopped and gone on with, on several processes, with adapters; and that something is learned."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import processes
import pytest
import torch
from safetensors.torch import load_file

from cleanplate.errors import CleanplateError, InputError
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.store.loading import load
from cleanplate.train.recipe import Every, Lora
from cleanplate.train.vera.recipe import Rates, Recipe
from cleanplate.train.vera.run import train
from cleanplate.worlds.formats.vera_layout import VeraSample
from drawn_layers import HashedWords, made_clips, small_recipe
from interrupted import Stopped, curve


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[VeraSample]:
    return made_clips(tmp_path_factory.mktemp("clips"))


def run(recipe: Recipe, samples: Sequence[VeraSample], out: Path, **more: Any) -> Path:
    return train(recipe, samples, out, codec=PixelCodec(recipe.system.stride), encoder=HashedWords(), **more)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(folder / "model.safetensors"))


@pytest.fixture(scope="module")
def whole(samples: list[VeraSample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    run(small_recipe(), samples, out)
    return out


@pytest.mark.parametrize("after", [1, 3, 4])
def test_a_stopped_run_ends_with_the_same_weights(
    after: int, whole: Path, samples: list[VeraSample], tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(small_recipe(), samples, tmp_path, progress=Stopped(after))
    model = run(small_recipe(), samples, tmp_path)
    expected = weights(whole / "model")
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights(model).items())
    assert curve(tmp_path) == curve(whole)


def test_what_a_run_leaves(whole: Path) -> None:
    assert sorted(entry.name for entry in (whole / "checkpoints").iterdir()) == ["00000003", "00000006"]
    assert not [path for path in whole.rglob("*") if path.suffix in {".pt", ".bin", ".pkl", ".pth"}]
    assert (whole / "samples" / "00000006.png").is_file()
    assert (whole / "curves.png").is_file()
    model, system = load(whole / "model")
    assert system == small_recipe().system
    assert Recipe.model_validate_json((whole / "recipe.json").read_text(encoding="utf-8")) == small_recipe()
    raw, mean = (load_file(whole / "checkpoints" / "00000006" / f"{name}.safetensors") for name in ("weights", "ema"))
    assert all(torch.equal(mean[name], tensor) for name, tensor in model.state_dict().items())
    assert any(not torch.equal(raw[name], tensor) for name, tensor in mean.items())


def test_parts_of_a_step_add_up_to_it(samples: list[VeraSample], whole: Path, tmp_path: Path) -> None:
    run(small_recipe(accumulate=2), samples, tmp_path)
    for ours, theirs in zip(curve(tmp_path), curve(whole), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


def test_checkpointed_blocks_change_nothing(samples: list[VeraSample], whole: Path, tmp_path: Path) -> None:
    run(small_recipe(checkpointing=True), samples, tmp_path)
    assert curve(tmp_path) == curve(whole)


@pytest.mark.slow
def test_something_is_learned(samples: list[VeraSample], tmp_path: Path) -> None:
    recipe = small_recipe(
        steps=80, rates=Rates(new=5e-3, warmup=5), every=Every(log=5, save=200, preview=200), shift=1.0
    )
    run(recipe, samples, tmp_path)
    lines = [line for line in curve(tmp_path) if "loss edit" in line]
    for name in ("edit", "alpha", "composite"):
        early, late = (sum(line[f"loss {name}"] for line in part) for part in (lines[:6], lines[-6:]))
        assert late < 0.5 * early


def test_another_recipe_does_not_go_on_here(samples: list[VeraSample], whole: Path) -> None:
    with pytest.raises(InputError, match="another recipe"):
        run(small_recipe(seed=1), samples, whole)


def test_a_damaged_checkpoint_is_named(samples: list[VeraSample], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(small_recipe(), samples, tmp_path, progress=Stopped(1))
    damaged = tmp_path / "checkpoints" / "00000001" / "ema.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read"):
        run(small_recipe(), samples, tmp_path)
    damaged.with_name("state.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be read"):
        run(small_recipe(), samples, tmp_path)


def test_a_loss_that_is_no_number_stops_the_run(samples: list[VeraSample], tmp_path: Path) -> None:
    recipe = small_recipe(rates=Rates(new=1e30, warmup=0))
    with pytest.raises(CleanplateError, match="no number"):
        run(recipe, samples, tmp_path)
    assert not (tmp_path / "model").exists()


def test_adapters_learn_alone_and_are_delivered_merged(samples: list[VeraSample], whole: Path, tmp_path: Path) -> None:
    recipe = small_recipe(start=whole / "model", lora=Lora(rank=2, alpha=2.0), ema=0.0)
    before, after = weights(whole / "model"), weights(run(recipe, samples, tmp_path))
    assert before.keys() == after.keys()
    changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert changed
    assert not [name for name in changed if name.startswith(("text_embedder", "time", "outputs", "inputs"))]
    assert "blocks.0.towers.edit.attention.to_q.weight" in changed
    assert "conditions.source.weight" in changed
    delta = after["blocks.0.towers.edit.attention.to_q.weight"] - before["blocks.0.towers.edit.attention.to_q.weight"]
    assert int(torch.linalg.matrix_rank(delta, rtol=1e-4)) <= 2


PROCESSES = """
import sys
from pathlib import Path
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.train.vera.clips import samples_of
from cleanplate.train.vera.recipe import Recipe
from cleanplate.train.vera.run import train
from cleanplate.worlds.formats.vera_layout import VeraDataset
from drawn_layers import HashedWords
recipe = Recipe.model_validate_json(Path(sys.argv[1]).read_text())
samples = samples_of([VeraDataset.of_folder(Path(sys.argv[2]))])
train(recipe, samples, Path(sys.argv[3]), codec=PixelCodec(recipe.system.stride), encoder=HashedWords())
"""


def together(folder: Path, recipe: Recipe) -> None:
    """Two processes learn of the clips."""
    (folder / "recipe.json").write_text(recipe.model_dump_json(), encoding="utf-8")
    processes.together(folder, PROCESSES, *(folder / name for name in ("recipe.json", "clips", "run")))


@pytest.mark.parametrize("sharding", ["none", pytest.param("full", marks=pytest.mark.slow)])
def test_two_processes_learn_what_one_learns(sharding: str, whole: Path, tmp_path: Path) -> None:
    made_clips(tmp_path / "clips")
    recipe = small_recipe(sharding=sharding)
    together(tmp_path, recipe)
    processes.same_run(tmp_path / "run", whole)


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", "full"])
def test_two_processes_go_on_where_they_stopped(sharding: str, whole: Path, tmp_path: Path) -> None:
    made_clips(tmp_path / "clips")
    recipe = small_recipe(sharding=sharding)
    together(tmp_path, recipe)
    shutil.rmtree(tmp_path / "run" / "checkpoints" / "00000006")
    shutil.rmtree(tmp_path / "run" / "model")
    together(tmp_path, recipe)
    processes.same_run(tmp_path / "run", whole)
