"""Close-ups that vera-nano learns from: what is added is in the middle and large, and the words say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from cleanplate.models.closeup import following
from cleanplate.train.vera_nano.closer import close, slipped
from cleanplate.train.vera_nano.recipe import Mix
from cleanplate.train.vera_nano.shelf import MixedDataset, example, held_back, held_closer
from cleanplate.worlds.layered.mixing import added
from drawn_stock import CLOSE, COLUMNS, FRAMES, ROWS, shoot, small_recipe, thing, write_stock


def test_what_is_added_is_large_and_in_the_middle() -> None:
    for seed in range(6):
        random = np.random.default_rng(seed)
        whole = example(added(thing(seed), shoot(seed), 0, random), 0, random, text=True, mask=True)
        near = close(whole, CLOSE, random)
        assert near.alpha.shape == (FRAMES, CLOSE, CLOSE)
        assert near.source.shape == near.edit.shape == near.composite.shape == (3, FRAMES, CLOSE, CLOSE)
        covered = near.alpha > 127
        assert 0.15 < float(covered.float().mean()) < 0.6
        assert covered[:, CLOSE // 2 - 1 : CLOSE // 2 + 1, CLOSE // 2 - 1 : CLOSE // 2 + 1].all()
        assert near.preserve is not None
        assert not (near.preserve > 127)[covered].any()
        assert near.text == f"Close-up of a {thing(seed).facts.noun}."
        laid = near.source + (near.edit.float() - near.source) * near.alpha / 255
        assert float((laid - near.composite)[:, (near.alpha % 255 == 0)].abs().max()) <= 1


def test_of_a_clip_that_shows_nothing_the_middle_is_seen() -> None:
    random = np.random.default_rng(0)
    whole = example(added(thing(0), shoot(0), 0, random), 0, random, text=True, mask=False)
    empty = type(whole)(**vars(whole) | {"alpha": torch.zeros_like(whole.alpha)})
    near = close(empty, CLOSE, random)
    assert near.source.shape == (3, FRAMES, CLOSE, CLOSE)
    assert int(near.alpha.max()) == 0


def test_windows_are_off_by_little() -> None:
    path = following(np.repeat(thing(0).rgba[..., 3] / np.float32(255), 1, axis=0))
    assert path is not None
    found = [slipped(path, np.random.default_rng(seed)) for seed in range(40)]
    off = np.stack([(one.middles_T2 - path.middles_T2) / path.sides_T[:, None] for one in found])
    scale = np.stack([one.sides_T / path.sides_T for one in found])
    assert 0.02 < np.abs(off).max() <= 0.04
    assert scale.min() >= 0.95
    assert scale.max() <= 1.1


def test_a_step_is_all_close_ups_or_none(tmp_path: Path) -> None:
    recipe = small_recipe(mix=Mix(closer=0.5, background=0.5), drop_text=0.0)
    data = MixedDataset(write_stock(tmp_path, recipe), recipe)
    shapes = [{tuple(one.alpha.shape) for one in data[step]} for step in range(12)]
    assert {next(iter(shape)) for shape in shapes} == {(FRAMES, ROWS, COLUMNS), (FRAMES, CLOSE, CLOSE)}
    assert all(len(shape) == 1 for shape in shapes)
    texts = [one.text for step in range(12) for one in data[step] if one.alpha.shape[-1] == CLOSE]
    assert set(texts) == {"Close-up of a red box.", "Close-up of a blue box."}


def test_close_ups_are_held_back_too_unless_a_model_draws_none(tmp_path: Path) -> None:
    recipe = small_recipe()
    write_stock(tmp_path, recipe)
    assert [tuple(one.alpha.shape[1:]) for one in held_closer(tmp_path, recipe)] == [(CLOSE, CLOSE)]
    once = small_recipe(system=recipe.system.model_copy(update={"closeup": None}))
    assert held_closer(tmp_path, once) == []
    data = MixedDataset(tmp_path, once)
    assert {one.alpha.shape[-1] for step in range(8) for one in data[step]} == {COLUMNS}
    assert sum(map(len, held_back(tmp_path, once).values())) == recipe.stock.held
