"""Where close-ups go: ways as numbers and back, a diffusion that learns them, whole or no weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from cleanplate.errors import InputError
from cleanplate.models.catalogue.shipped import FOLDER, PLACER, WEIGHTS
from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.closeup import Aim, following
from cleanplate.models.placing.placer import Placer, load, placed, save
from cleanplate.models.placing.shape import Shape
from cleanplate.models.placing.way import aim_of, held_in, numbers_of
from cleanplate.models.store.mixtures import placer_of
from cleanplate.progress import Silent

SIZE = (64, 112)
SHAPE = Shape(dim=24, layers=1, text_dim=6, steps=8)


def placer(seed: int = 0) -> Placer:
    torch.manual_seed(seed)
    return Placer(SHAPE).eval()


parts = st.floats(-1, 2, allow_nan=False)


@settings(max_examples=50, deadline=None)
@given(st.tuples(parts, parts), st.tuples(parts, parts), st.tuples(parts, parts), st.tuples(*[st.floats(-3, 1)] * 2))
def test_numbers_say_a_way_and_a_way_those_numbers(start, way, bend, sides) -> None:  # type: ignore[no-untyped-def]
    numbers = np.array([*start, *way, *bend, *sides])
    aim = aim_of(numbers, np.linspace(-1, 1, 16), SIZE)
    np.testing.assert_allclose(numbers_of(aim, SIZE), numbers, atol=1e-9)
    np.testing.assert_allclose(aim.middles_T2[0], np.array(start) * (112, 64), atol=1e-9)
    np.testing.assert_allclose(aim.sides_T[[0, -1]], 64 * 2.0 ** np.array(sides), atol=1e-9)


def test_a_thrown_thing_is_followed_by_eight_numbers() -> None:
    """A disk on a parabola, away from the edges."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    times = np.linspace(-1, 1, 16)
    middles = np.stack([56 + 30 * times, 24 + 12 * times**2], axis=-1)
    alpha = np.stack([(np.hypot(x - a, y - b) < 8).astype(np.float32) for a, b in middles])
    aim = following(alpha)
    assert aim is not None
    again = aim_of(numbers_of(aim, SIZE), times, SIZE)
    np.testing.assert_allclose(again.middles_T2, middles, atol=0.2)
    np.testing.assert_allclose(again.sides_T, aim.sides_T, rtol=1e-6)


def test_an_aim_stays_in_boxes_that_move() -> None:
    aim = Aim(np.tile([10.0, 60.0], (5, 1)), np.full(5, 20.0))
    boxes = np.array([[0.5, 0.0, 1.0, 0.5], [0.25, 0.0, 0.75, 0.5], [0.0, 0.0, 0.5, 0.5]])
    held = held_in(aim, boxes, np.linspace(-1, 1, 5), SIZE)
    np.testing.assert_allclose(held.middles_T2[:, 0], [62, 48, 34, 20, 10])  # a thing of 12 pixels, half of it beside
    np.testing.assert_allclose(held.middles_T2[:, 1], 26)
    assert np.array_equal(held.sides_T, aim.sides_T)


def test_what_is_too_large_for_a_box_is_as_small_as_that() -> None:
    aim, box = Aim(np.tile([10.0, 60.0], (2, 1)), np.full(2, 90.0)), np.tile([0.5, 0.25, 0.75, 1.0], (3, 1))
    held = held_in(aim, box, np.array([-1.0, 1.0]), (40, 80))
    np.testing.assert_allclose(0.6 * held.sides_T, 20)
    np.testing.assert_allclose(held.middles_T2, np.tile([50.0, 30.0], (2, 1)))


def test_it_learns_what_words_mean_and_what_they_leave_open() -> None:
    """Two words of which one means left and one right, somewhere; the heights are anywhere."""
    model, random = placer().train(), np.random.default_rng(0)
    words = torch.eye(2, 6)
    optimiser = torch.optim.AdamW(model.parameters(), 5e-3)
    for _ in range(400):
        which = random.integers(2, size=64)
        clean = torch.from_numpy(random.uniform(-1, 1, (64, 8))).float()
        clean[:, 0] = torch.from_numpy(np.where(which, 1.0, -1.0) + random.uniform(-0.2, 0.2, 64)).float()
        noise, time = torch.randn(64, 8), torch.rand(64)
        noisy = clean + time[:, None] * (noise - clean)
        boxes = torch.full((64, 3, 4), torch.nan)
        error = (model(noisy, time, words[which][:, None], boxes) - (noise - clean)).square().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
    for word, sign in ((0, -1), (1, 1)):
        made = placed(model.eval(), words[None, word : word + 1], None, 3, 60)
        assert (np.sign(made[:, 0]) == sign).mean() > 0.95
        assert 0.4 < made[:, 1].std() < 0.75  # of an even spread over -1..1 it is 0.58


def test_words_that_are_none_and_boxes_of_none_change_nothing() -> None:
    model, noise, time = placer(), torch.randn(1, 8), torch.tensor([0.4])
    words, free = torch.randn(1, 3, 6), torch.full((1, 3, 4), torch.nan)
    padded = torch.cat((words, torch.zeros(1, 5, 6)), dim=1)
    torch.testing.assert_close(model(noise, time, padded, free), model(noise, time, words, free))
    boxed = model(noise, time, words, torch.full((1, 3, 4), 0.5))
    assert not torch.allclose(boxed, model(noise, time, words, free))


def test_a_seed_says_the_same_again_and_another_seed_something_else() -> None:
    words = torch.randn(1, 3, 6, generator=torch.Generator().manual_seed(5))
    made = [placed(placer(), words, None, seed) for seed in (1, 1, 2)]
    assert made[0].shape == (1, 8)
    assert np.array_equal(made[0], made[1])
    assert not np.allclose(made[0], made[2])
    np.testing.assert_allclose(placed(placer(), words, None, 1, 4)[0], made[0][0], atol=1e-5)


def test_what_was_saved_is_loaded_and_nothing_else(tmp_path: Path) -> None:
    made, words = placer(), torch.randn(1, 3, 6)
    save(made, tmp_path / "own")
    np.testing.assert_allclose(placed(load(tmp_path / "own"), words, None, 0), placed(made, words, None, 0), atol=2e-2)
    tensors = load_file(tmp_path / "own" / WEIGHTS)
    del tensors["mean"]
    save_file(tensors, tmp_path / "own" / WEIGHTS)
    with pytest.raises(InputError, match="lack mean"):
        load(tmp_path / "own")
    (tmp_path / "own" / "config.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(InputError, match="no placer of ours"):
        load(tmp_path / "own")


def test_the_packages_placer_is_whole_and_reads_the_models_words(tmp_path: Path) -> None:
    found = verify(PLACER, Silent())
    assert not found.findings
    assert str(FOLDER / PLACER / WEIGHTS) not in found.unstated
    assert placer_of(vera_nano()).shape == Shape()
    save(placer(), tmp_path / PLACER)
    with pytest.raises(InputError, match="words of 6 channels"):
        placer_of(vera_nano(), tmp_path)
    assert placer_of(vera_nano(text_dim=6), tmp_path).shape == SHAPE
