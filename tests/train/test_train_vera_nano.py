"""vera-nano: clips out of stock, what it is told and asked, its errors, whole runs, stopped and gone on with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import UsageError
from cleanplate.models.catalogue.table import model
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.mixture.counting import size_of
from cleanplate.models.store.loading import load
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.method import Layers
from cleanplate.train.vera.objective import Latents
from cleanplate.train.vera_nano.door import takes
from cleanplate.train.vera_nano.objective import balanced, compared, covered_by, draw_noise
from cleanplate.train.vera_nano.recipe import Mix, Stock
from cleanplate.train.vera_nano.recipes import RECIPES
from cleanplate.train.vera_nano.run import train
from cleanplate.train.vera_nano.shelf import MixedDataset, brief, held_back, shelf_of, stays_of
from cleanplate.worlds.layered.mixing import added, moved
from cleanplate.worlds.layered.stock import Thing
from cleanplate.worlds.layered.stock import load as load_stock
from cleanplate.worlds.layered.stock import save as save_stock
from cleanplate.worlds.seeds import RESERVED
from drawn_layers import HashedWords
from drawn_stock import COLUMNS, FRAMES, ROWS, shoot, small_recipe, thing, write_stock
from interrupted import curve, require_goes_on

CODEC = PixelCodec((1, 1, 1))


def lesson(folder: Path) -> tuple[Latents, Tensor]:
    """Latents of the first step, and how much the layers cover."""
    recipe = small_recipe()
    examples = MixedDataset(write_stock(folder, recipe), recipe)[0]
    batcher = Batcher(recipe, CODEC, KeptTexts(HashedWords()), torch.device("cpu"))
    return batcher.latents(examples), covered_by(examples, CODEC.stride)


def test_the_package_can_hold_it_and_a_branch_is_short() -> None:
    recipe = RECIPES["nano"]
    assert recipe.system == model("vera-nano").system
    assert size_of(recipe.system.transformer).parameters <= 12_500_000
    clips, (rows, columns) = recipe.clips, recipe.system.multiple
    assert clips.frames // recipe.system.transformer.patch[0] * (clips.rows // rows) * (clips.columns // columns) <= 450


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_no_seed_is_anybody_elses(recipe: object, tmp_path: Path) -> None:
    stock, clips = RECIPES["nano"].stock, RECIPES["nano"].clips
    shelf, held = (shelf_of(tmp_path, stock, clips, held=part) for part in (False, True))
    assert held.first + 2 * max(held.things, held.shoots, held.takes) <= shelf.first
    assert shelf.first + 2 * max(shelf.things, shelf.shoots, shelf.takes) < RESERVED


def test_a_seed_leaves_room_for_what_is_held_back() -> None:
    assert small_recipe(stock=Stock(held=3, seed=6)).stock.seed == 6
    with pytest.raises(ValidationError, match="held back"):
        small_recipe(stock=Stock(held=3, seed=5))


def test_the_true_answer_has_no_error(tmp_path: Path) -> None:
    given, covered = lesson(tmp_path)
    found = compared(given.clean, given.clean, covered, small_recipe())
    assert {name: float(error) for name, error in found.items()} == {"edit": 0, "alpha": 0, "composite": 0}


@pytest.mark.parametrize("branch", ["edit", "alpha", "composite"])
def test_every_error_counts(tmp_path: Path, branch: str) -> None:
    given, covered = lesson(tmp_path)
    wrong = dict(given.clean) | {branch: given.clean[branch] + 0.2}
    found = compared(wrong, given.clean, covered, small_recipe())
    assert {name for name, error in found.items() if error > 0} == {branch}
    assert float(found[branch]) == pytest.approx(0.04, rel=1e-3)


def test_what_covers_little_counts_as_much_as_its_root(tmp_path: Path) -> None:
    covered = torch.zeros(3, 1, 4, 10, 10)
    covered[0, :, :, 0, :4] = 1
    covered[1, :, :, 1:] = 1
    small, large, none = balanced(covered)
    assert float(small[covered[0] == 1].sum() / small[covered[0] == 0].sum()) == pytest.approx((0.04 / 0.96) ** 0.5)
    assert float(large[covered[1] == 1].sum() / large[covered[1] == 0].sum()) == pytest.approx((0.9 / 0.1) ** 0.5)
    assert none.isfinite().all()


def test_every_clip_counts_the_same(tmp_path: Path) -> None:
    given, covered = lesson(tmp_path)
    wrong = dict(given.clean)
    found = []
    for place in range(2):
        edit = given.clean["edit"].clone()
        edit[place] += 0.2
        found.append(float(compared(wrong | {"edit": edit}, given.clean, covered, small_recipe())["edit"]))
    assert found == pytest.approx([0.02, 0.02], rel=1e-3)


def test_what_a_latent_stands_for_is_covered_in_part(tmp_path: Path) -> None:
    recipe = small_recipe(mix=Mix(closer=0.0))
    example, _ = MixedDataset(write_stock(tmp_path, recipe), recipe)[0]
    (covered,) = covered_by([example], (1, 8, 4))
    assert covered.shape == (1, FRAMES, ROWS // 8, COLUMNS // 4)
    assert float(covered[0, 2, 1, 3]) == pytest.approx(float(example.alpha[2, 8:16, 12:16].float().mean()) / 255)


def test_some_noise_is_pure_and_the_same_again(tmp_path: Path) -> None:
    given, _ = lesson(tmp_path)
    pure, other = (draw_noise(given, small_recipe(pure=part)).level_B for part in (1.0, 0.0))
    assert pure.eq(1).all()
    assert other.lt(1).all()
    assert torch.equal(draw_noise(given, small_recipe(pure=0.0)).level_B, other)


@pytest.mark.parametrize("standing", [0, 1])
def test_a_region_leaves_room_for_what_is_added(standing: int) -> None:
    for seed in range(standing, 12, 2):
        mixed = added(thing(seed), shoot(seed), 0, np.random.default_rng(seed))
        stays = stays_of(mixed, np.random.default_rng(seed))
        assert not stays[mixed.alpha > 0].any()
        assert stays.any()


def test_clips_are_the_same_again_and_differ(tmp_path: Path) -> None:
    recipe = small_recipe(drop_text=0.0)
    data = MixedDataset(write_stock(tmp_path, recipe), recipe)
    first, again, other = data[0], data[0], data[1]
    assert torch.equal(first[0].composite, again[0].composite)
    assert first[0].text == again[0].text != other[0].text
    parts = [MixedDataset(tmp_path, recipe, rank=rank, ranks=2)[1] for rank in range(2)]
    assert [one.position for one in other] == [part[0].position for part in parts]
    assert torch.equal(parts[1][0].source, other[1].source)


def test_brief_words_say_what_to_do() -> None:
    rng = np.random.default_rng(0)
    assert brief(added(thing(0), shoot(0), 0, rng)).split()[0] in {"Add", "Place", "Insert"}
    for seed in range(6):
        told = brief(moved(thing(seed), shoot(0), (0, 1), rng))
        assert told.count(".") == 2
        assert "snowy field" in told
        assert "box" in told


def test_both_jobs_come_with_and_without_masks(tmp_path: Path) -> None:
    recipe = small_recipe(mix=Mix(background=0.5, rendered=0.5))
    data = MixedDataset(write_stock(tmp_path, recipe), recipe)
    shown = {(float(e.alpha.float().mean()) > 127, e.preserve is None) for step in range(20) for e in data[step]}
    assert len(shown) == 4
    masks = [one.preserve is not None for examples in held_back(tmp_path, recipe).values() for one in examples]
    assert sorted(masks) == [False, True]


def test_what_is_held_back_is_told_apart_by_what_is_done_not_by_how_much_is_covered(tmp_path: Path) -> None:
    recipe = small_recipe(mix=Mix(background=1.0, rendered=0.0))
    shelf = shelf_of(write_stock(tmp_path, recipe), recipe.stock, recipe.clips, held=True)
    for path in shelf.folder.glob("thing-*.npz"):
        one = load_stock(Thing, path)
        save_stock(
            replace(one, rgba=np.concatenate([one.rgba[..., :3], np.full_like(one.rgba[..., 3:], 255)], -1)), path
        )
    found = held_back(tmp_path, recipe)
    assert (len(found["add"]), len(found["background"])) == (0, 2)
    assert all(float(one.alpha.float().mean()) < 127 for one in found["background"])


def test_processes_share_a_batch_or_say_that_they_cannot(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="3 processes do not divide a batch of 2"):
        MixedDataset(tmp_path, small_recipe(), ranks=3)
    with pytest.raises(ValidationError, match="3 parts do not divide a batch of 2"):
        small_recipe(accumulate=3)
    recipe = small_recipe(accumulate=2)
    half = MixedDataset(write_stock(tmp_path, recipe), recipe, ranks=2)
    with pytest.raises(UsageError, match="2 parts do not divide the 1 clips"):
        Layers(recipe, half).parts(half[0])


def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    recipe, texts = small_recipe(), HashedWords()
    data = write_stock(tmp_path / "stock", recipe)
    place = require_goes_on(train, recipe, tmp_path, data, codec=CODEC, encoder=texts)
    loaded, system = load(place)
    assert system == recipe.system
    assert loaded.config == system.transformer


def test_it_learns_what_stock_shows(tmp_path: Path) -> None:
    """Answering nothing is wrong by 4 in alpha; answering that nothing is covered, by 16 by weight of what is."""
    taught = small_recipe(
        system=small_recipe().system.model_copy(update={"closeup": None}),
        steps=40,
        pure=1.0,
        ema=0.8,
        drop_text=0.0,
        mix=Mix(background=0),
        every={"log": 10, "save": 40, "preview": 40},
    )
    train(taught, tmp_path / "run", write_stock(tmp_path / "stock", taught), codec=CODEC, encoder=HashedWords())
    held = [one.alpha.float()[None, None] / 255 for one in held_back(tmp_path / "stock", taught)["add"]]
    uncovered = np.mean([float(16 * (balanced(one) * one.square()).sum() / balanced(one).sum()) for one in held])
    seen = curve(tmp_path / "run")[-1]
    assert seen["sampled error alpha"] < 0.75 * min(4.0, float(uncovered))
    assert seen["sampled error edit"] < 1


def test_the_command_knows_its_recipes(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["train", "vera", "--config", "nano", "--print"])
    own = tmp_path / "mine.json"
    own.write_text(shown.stdout)
    assert takes(str(own))
    assert takes("nano-smoke")
    assert not takes("1.3b")
    refused = CliRunner().invoke(app, ["train", "vera", "--config", str(own), "--steps", "3"])
    assert refused.exit_code == 2
    assert "--out FOLDER" in refused.stderr
