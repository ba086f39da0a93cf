"""Ablations of the embedded models: what each takes away and nothing else, and that what was taught is delivered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.engines.void_nano.asking import asked
from cleanplate.engines.void_nano.settings import Settings
from cleanplate.engines.void_nano.telling import Told
from cleanplate.masks.labels import KEEP
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.mixture.counting import size_of
from cleanplate.models.store.loading import load
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.objective import Latents
from cleanplate.train.vera.preview import Made, scores, sheet
from cleanplate.train.vera.start import start
from cleanplate.train.vera_nano import door as vera
from cleanplate.train.vera_nano.objective import compared, covered_by, draw_noise, losses, total
from cleanplate.train.vera_nano.recipes import ABLATIONS, RECIPES, ablated
from cleanplate.train.vera_nano.run import train
from cleanplate.train.vera_nano.shelf import MixedDataset, held_back
from cleanplate.train.void_nano import door as void
from cleanplate.train.void_nano.recipes import RECIPES as REMOVING
from cleanplate.train.void_nano.run import train as train_void
from drawn_layers import HashedWords
from drawn_moves import recipe as small_void
from drawn_moves import square, write_squares
from drawn_stock import COLUMNS, FRAMES, ROWS, small_recipe, write_stock
from interrupted import curve

ONCE = {"steps": 1, "every": {"log": 1, "save": 1, "preview": 1}}


CODEC = PixelCodec((1, 1, 1))


def lesson(folder: Path) -> tuple[Latents, Tensor]:
    """Latents of a step, and how much the layers cover."""
    recipe = small_recipe()
    examples = MixedDataset(write_stock(folder, recipe), recipe)[0]
    batcher = Batcher(recipe, CODEC, KeptTexts(HashedWords()), torch.device("cpu"))
    return batcher.latents(examples), covered_by(examples, CODEC.stride)


@pytest.mark.parametrize("name", ABLATIONS)
def test_all_else_is_the_same(name: str) -> None:
    whole, recipe = RECIPES["nano"], vera.recipe_of(f"nano-{name}", {})
    assert recipe == ablated(whole, name) != whole
    for field in ("clips", "stock", "mix", "rates", "steps", "seed", "pure", "shift", "sparse", "ema"):
        assert getattr(recipe, field) == getattr(whole, field), field
    for field in ("dim", "layers", "heads", "ffn_dim", "patch", "waves"):
        assert getattr(recipe.system.transformer, field) == getattr(whole.system.transformer, field), field
    assert size_of(recipe.system.transformer).parameters <= size_of(whole.system.transformer).parameters
    assert recipe.system.sampling == whole.system.sampling


@pytest.mark.parametrize("name", ABLATIONS)
def test_each_trains_and_is_delivered(name: str, tmp_path: Path) -> None:
    recipe = ablated(small_recipe(**ONCE), name)
    data = write_stock(tmp_path / "stock", recipe)
    place = train(recipe, tmp_path / "run", data, codec=CODEC, encoder=HashedWords())
    model, system = load(place)
    assert system == recipe.system
    assert model.config == recipe.system.transformer
    seen = curve(tmp_path / "run")[-1]
    wanted = {"sampled error composite", "sampled kept add"} if name == "regenerate" else {"sampled error alpha"}
    assert wanted <= set(seen)
    assert ("sampled iou add" in seen) == (name != "regenerate")


def test_one_branch_is_held_to_its_composite_everywhere(tmp_path: Path) -> None:
    (given, covered), recipe = lesson(tmp_path), ablated(small_recipe(), "regenerate")
    found = losses(start(recipe), given, draw_noise(given, recipe), recipe, covered_B1THW=covered)
    assert set(found) == {"composite"}
    assert total(found, recipe).item() == found["composite"].item()
    assert float(compared({"composite": given.clean["composite"]}, given.clean, covered, recipe)["composite"]) == 0
    bare = covered < 0.025
    assert 0.2 < float(bare.float().mean()) < 0.9
    wrong = {"composite": given.clean["composite"] + 0.2 * bare}
    lightly, fully = (
        float(compared(wrong, given.clean, covered, one)["composite"]) for one in (small_recipe(), recipe)
    )
    for counted, one in ((lightly, small_recipe()), (fully, recipe)):
        weights = covered + one.elsewhere
        parts = (weights * bare).sum(dim=(1, 2, 3, 4)) / weights.sum(dim=(1, 2, 3, 4))
        assert counted == pytest.approx(0.04 * float(parts.mean()), rel=1e-3)
    assert fully > 1.5 * lightly > 0


def test_what_the_composite_says_is_not_supervised(tmp_path: Path) -> None:
    (given, covered), recipe = lesson(tmp_path), ablated(small_recipe(), "unsupervised")
    wrong = dict(given.clean) | {"composite": given.clean["composite"] + 1}
    right, other = (compared(said, given.clean, covered, recipe) for said in (given.clean, wrong))
    assert float(other["composite"]) > float(right["composite"])
    assert float(total(other, recipe)) == float(total(right, recipe))


@pytest.mark.parametrize(("name", "heard"), [("apart", False), ("one-tower", True), ("unhinted", True)])
def test_branches_hear_of_each_other_by_attention_alone(name: str, heard: bool, tmp_path: Path) -> None:
    (given, _), recipe = lesson(tmp_path), ablated(small_recipe(), name)
    model = start(recipe).eval()
    with torch.no_grad():
        for part in model.parameters():
            part.add_(0.05 * torch.randn(part.shape, generator=torch.Generator().manual_seed(part.numel())))
        time = torch.tensor([900.0, 400.0])
        videos = dict(given.clean)
        before = model(videos, time, given.text_BSD, given.conditions)
        after = model(videos | {"alpha": videos["alpha"] + 0.5}, time, given.text_BSD, given.conditions)
    assert bool((before["edit"] != after["edit"]).any()) == heard
    assert len(model.inputs) == (1 if name == "one-tower" else 3)


def test_without_layers_the_picture_alone_is_scored_and_shown(tmp_path: Path) -> None:
    recipe = small_recipe()
    write_stock(tmp_path, recipe)
    truth = next(one for examples in held_back(tmp_path, recipe).values() for one in examples)
    whole = truth.composite.float() / 255
    assert scores(Made(whole), truth) == {"psnr": pytest.approx(100), "kept": pytest.approx(100)}
    dark = scores(Made((whole - 0.1).clamp(0, 1) * (truth.alpha == 0) + whole * (truth.alpha > 0)), truth)
    assert dark["psnr"] == pytest.approx(100)
    assert dark["kept"] == pytest.approx(20, abs=1.5)
    layered = Made(whole, truth.edit.float() / 255, truth.alpha.float() / 255)
    assert sheet([Made(whole)], [truth]).shape == (2 * ROWS, min(FRAMES, 3) * COLUMNS, 3)
    assert sheet([layered], [truth]).shape == (2 * ROWS, 3 * min(FRAMES, 3) * COLUMNS, 3)


@pytest.mark.parametrize("mask", ["quadmask", "binary"])
def test_a_model_is_told_and_asked_as_it_was_taught(mask: str, tmp_path: Path) -> None:
    recipe = small_void(mask=mask, economy={"ring": 0, "ring_frames": 1, "near": 2}, **ONCE)
    place = train_void(recipe, tmp_path / "run", write_squares(tmp_path / "pairs", recipe))
    model, system = load(place)
    assert system == recipe.delivered
    assert (system.mask, system.sampling.economy) == (mask, recipe.economy)
    assert (mask in (place / "config.json").read_text()) == (mask == "binary")
    pair = square(3)
    found = asked(model, system, Told(pair.plate, pair.clean, pair.labels), Settings(), 0)
    assert found is not None
    assert found.question.settings.economy == recipe.economy
    removed, affected = found.question.scene[0, 6:8].numpy() > 0
    np.testing.assert_array_equal(removed | affected, pair.labels != KEEP)
    assert affected.any() == (mask == "quadmask")


def test_the_binary_ablation_has_a_name() -> None:
    recipe = void.recipe_of("nano-binary", {"steps": 7})
    assert recipe == REMOVING["nano"].model_copy(update={"mask": "binary", "steps": 7})
