"""Whole runs of VOID's recipe: stopped and gone on with, both passes, from wide and narrow weights, on processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import drawn_void
from cleanplate.errors import CleanplateError, InputError, UsageError
from cleanplate.models.store.void import transformer_of
from cleanplate.models.void.transformer import load
from cleanplate.train.order import Place
from cleanplate.train.recipe import Lora
from cleanplate.train.texts import KeptTexts
from cleanplate.train.void.batches import Batcher
from cleanplate.train.void.clips import ExampleDataset
from cleanplate.train.void.door import recipe_of
from cleanplate.train.void.objective import loss
from cleanplate.train.void.recipe import Clips, Rates, Recipe
from cleanplate.train.void.recipes import RECIPES, SECOND
from cleanplate.train.void.run import train
from cleanplate.train.void.start import optimiser_of, start
from cleanplate.worlds.formats.void_layout import VoidSample
from drawn_layers import HashedWords
from drawn_pairs import FRAMES, codec, made_pairs, small_recipe
from interrupted import Stopped, curve

FIRST = "void_pass1.safetensors"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[VoidSample]:
    return made_pairs(tmp_path_factory.mktemp("pairs"))


def quick(**changes: Any) -> Recipe:
    """Of pictures so small that the codec costs little."""
    return small_recipe(**{"clips": Clips(frames=FRAMES, sizes=(30,), batch=2, held=1)} | changes)


def run(recipe: Recipe, samples: Sequence[VoidSample], out: Path, **more: Any) -> Path:
    return train(recipe, samples, out, codec=codec(), encoder=HashedWords(), **more)


def same(found: Path, expected: Path) -> bool:
    ours, theirs = load_file(found), load_file(expected)
    return ours.keys() == theirs.keys() and all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


@pytest.fixture(scope="module")
def whole(samples: list[VoidSample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    run(quick(), samples, out)
    return out


@pytest.mark.parametrize(
    "more", [{}, {"rates": Rates(warmup=1), "number": 2, "lora": Lora(rank=2), "precision": "bf16"}]
)
def test_a_stopped_run_ends_with_the_same_weights(
    more: dict[str, Any], samples: list[VoidSample], tmp_path: Path
) -> None:
    """Both passes, both optimisers, both precisions."""
    recipe = quick(**more)
    expected = run(recipe, samples, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(recipe, samples, tmp_path / "parts", progress=Stopped(3))
    found = run(recipe, samples, tmp_path / "parts")
    assert found.name == f"void_pass{recipe.number}.safetensors"
    assert same(found, expected)
    assert curve(tmp_path / "parts") == curve(tmp_path / "whole")


def test_what_is_delivered_loads_as_a_pass_and_is_the_average(whole: Path) -> None:
    model = load(whole / FIRST, drawn_void.CONFIG)
    mean = load_file(whole / "checkpoints" / "00000004" / "ema.safetensors")
    assert mean.keys() == model.state_dict().keys() == drawn_void.weights().keys()
    assert all(torch.equal(mean[name], tensor) for name, tensor in model.state_dict().items())
    assert transformer_of(whole, 1).dtype == torch.float32
    assert transformer_of(whole / FIRST, 1).config.in_channels == 3 * drawn_void.CONFIG.channels


def test_what_a_run_leaves(whole: Path) -> None:
    assert sorted(entry.name for entry in (whole / "checkpoints").iterdir()) == ["00000002", "00000004"]
    assert not [path for path in whole.rglob("*") if path.suffix in {".pt", ".bin", ".pkl", ".pth"}]
    assert not [path for path in whole.iterdir() if path.name.startswith(".")]
    assert (whole / "samples" / "00000004.png").is_file()
    assert Recipe.model_validate_json((whole / "recipe.json").read_text(encoding="utf-8")) == quick()
    assert {"sampled psnr", "sampled kept"} <= curve(whole)[-1].keys()


def test_weights_are_delivered_in_what_is_asked(samples: list[VoidSample], whole: Path, tmp_path: Path) -> None:
    stored = load_file(run(quick(stored="bfloat16"), samples, tmp_path))
    full = load_file(whole / FIRST)
    assert all(torch.equal(stored[name], tensor.bfloat16()) for name, tensor in full.items())


@pytest.mark.parametrize(("optimiser", "rate"), [("adamw", 1e-2), ("came", 3e-3)])
def test_a_pair_is_learned_by_heart(optimiser: Any, rate: float, samples: list[VoidSample]) -> None:
    """At three noise levels, each with noise of its own."""
    recipe = quick(drop_text=0.0, rates=Rates(optimiser=optimiser, rate=rate))
    data = ExampleDataset(samples[:1], recipe)
    batcher = Batcher(recipe, codec(), KeptTexts(HashedWords()), torch.device("cpu"))
    shown = [batcher.latents(data.example(Place(position, 0))) for position in range(3)]
    model = start(recipe)
    learner, errors = optimiser_of(model, recipe.rates), list[float]()
    for _ in range(40):
        error = torch.stack([loss(model, latents, recipe) for latents in shown]).mean()
        error.backward()  # type: ignore[no-untyped-call]
        learner.step()
        learner.zero_grad()
        errors.append(float(error.detach()))
    assert errors[-1] < 0.4 * errors[0]


def test_checkpointed_blocks_change_nothing(samples: list[VoidSample], whole: Path, tmp_path: Path) -> None:
    run(quick(checkpointing=True), samples, tmp_path)
    assert curve(tmp_path) == curve(whole)


@pytest.mark.parametrize("config", [drawn_void.CONFIG, drawn_void.BASE])
def test_training_begins_with_a_pass_or_its_base(config: Any, samples: list[VoidSample], tmp_path: Path) -> None:
    """With adapters, and their base's first layer: it is what had to be widened."""
    init = tmp_path / "init.safetensors"
    save_file(drawn_void.weights(3, config), init)
    recipe = quick(start=init, lora=Lora(rank=2, alpha=2.0), ema=0.0, steps=1, rates=Rates(rate=1e-3, warmup=0))
    before, after = drawn_void.weights(3, config), load_file(run(recipe, samples, tmp_path / "run"))
    changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert "transformer_blocks.0.attn1.to_q.weight" in changed
    assert not [name for name in changed if not name.startswith(("transformer_blocks.", "patch_embed.proj."))]
    assert not [name for name in changed if name.endswith(".bias") and name.startswith("transformer_blocks.")]
    delta = after["transformer_blocks.0.ff.net.2.weight"] - before["transformer_blocks.0.ff.net.2.weight"]
    assert int(torch.linalg.matrix_rank(delta, rtol=1e-3)) <= 2


def test_weights_of_another_model_are_refused(samples: list[VoidSample], tmp_path: Path) -> None:
    init = tmp_path / "init.safetensors"
    save_file(drawn_void.weights(0, drawn_void.CONFIG.model_copy(update={"layers": 3})), init)
    with pytest.raises(InputError, match="nothing in the model takes"):
        run(quick(start=init), samples, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_the_run(samples: list[VoidSample], tmp_path: Path) -> None:
    with pytest.raises(CleanplateError, match="no number"):
        run(quick(rates=Rates(optimiser="adamw", rate=1e30, warmup=0)), samples, tmp_path)
    assert not (tmp_path / FIRST).exists()


def test_recipes_by_name_and_by_file(tmp_path: Path) -> None:
    """`published` has the numbers of the published training."""
    one, two = (recipe_of("published", number, {}) for number in (1, 2))
    assert (one.number, two.number, one.rates.rate, one.rates.optimiser) == (1, 2, 1e-5, "came")
    assert (one.clips.frames, one.clips.batch, one.drop_text, one.noise, one.masks.untold) == (
        69,
        8,
        0.1,
        (-3, 0.5),
        0.9,
    )
    assert (two.warped.fresh, two.sampling.steps, two.sampling.guidance) == (0.3, 50, 6)
    assert one.transformer.in_channels == 48
    assert set(RECIPES) == set(SECOND)
    (tmp_path / "own.json").write_text(two.model_dump_json(), encoding="utf-8")
    assert recipe_of(str(tmp_path / "own.json"), None, {"steps": 5}).model_dump() == two.model_dump() | {"steps": 5}
    assert recipe_of(str(tmp_path / "own.json"), 1, {}).number == 1
    with pytest.raises(UsageError, match="no recipe 'other'"):
        recipe_of("other", 1, {})
    (tmp_path / "own.json").write_text('{"clips": {"frames": 50}}', encoding="utf-8")
    with pytest.raises(InputError, match="8 k \\+ 5"):
        recipe_of(str(tmp_path / "own.json"), None, {})


PROCESSES = """
import sys
from pathlib import Path
from cleanplate.train.void.samples import samples_of
from cleanplate.train.void.recipe import Recipe
from cleanplate.train.void.run import train
from drawn_layers import HashedWords
from drawn_pairs import codec
recipe = Recipe.model_validate_json(Path(sys.argv[1]).read_text())
train(recipe, samples_of([Path(sys.argv[2])]), Path(sys.argv[3]), codec=codec(), encoder=HashedWords())
"""


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", "full"])
@pytest.mark.parametrize("optimiser", ["adamw", "came"])
def test_two_processes_learn_what_one_learns(sharding: str, optimiser: str, tmp_path: Path) -> None:
    """And go on from what they kept."""
    samples = made_pairs(tmp_path / "pairs")
    recipe = quick(sharding=sharding, rates=Rates(optimiser=optimiser, rate=3e-3, warmup=2))
    alone = run(recipe, samples, tmp_path / "alone")
    together(tmp_path, recipe)
    (tmp_path / "run" / FIRST).unlink()
    last = tmp_path / "run" / "checkpoints" / "00000004"
    last.rename(tmp_path / "last")
    together(tmp_path, recipe)
    for ours, theirs in zip(curve(tmp_path / "run"), curve(tmp_path / "alone"), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5)
    expected = load_file(alone)
    for name, tensor in load_file(tmp_path / "run" / FIRST).items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=2e-4)


def together(folder: Path, recipe: Recipe) -> None:
    """Two processes that torchrun starts, on gloo."""
    (folder / "recipe.json").write_text(recipe.model_dump_json(), encoding="utf-8")
    (folder / "train.py").write_text(PROCESSES, encoding="utf-8")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    arguments = [str(folder / name) for name in ("train.py", "recipe.json", "pairs", "run")]
    path = os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])
    environment = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    found = subprocess.run(
        [*torchrun, *arguments], env=os.environ | environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert found.returncode == 0, found.stderr[:3000]
