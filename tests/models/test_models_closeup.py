"""Close-ups: the window follows what alpha shows, what is seen in it is put back where it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.models.closeup import Aim, cropped, following, pasted, worded

ROWS, COLUMNS, FRAMES = 48, 80, 7


def disks(start: tuple[float, float], end: tuple[float, float], radius: float) -> NDArray[np.float32]:
    """T x H x W: a soft disk that goes evenly from x, y to x, y."""
    y, x = np.mgrid[:ROWS, :COLUMNS] + 0.5
    places = np.linspace(start, end, FRAMES)
    return np.stack([np.clip(radius + 0.5 - np.hypot(x - a, y - b), 0, 1) for a, b in places]).astype(np.float32)


points = st.tuples(st.floats(14, COLUMNS - 14), st.floats(14, ROWS - 14))


@given(points, points, st.floats(4, 12))
@settings(max_examples=30, deadline=None)
def test_a_window_follows_a_thing_and_is_in_proportion_to_it(
    start: tuple[float, float], end: tuple[float, float], radius: float
) -> None:
    aim = following(disks(start, end, radius))
    assert aim is not None
    np.testing.assert_allclose(aim.middles_T2, np.linspace(start, end, FRAMES), atol=0.1)
    np.testing.assert_allclose(aim.sides_T, 2 * radius / 0.6, rtol=0.06)


def test_nothing_is_followed_where_nothing_shows() -> None:
    assert following(np.zeros((FRAMES, ROWS, COLUMNS), np.float32)) is None
    assert following(np.full((FRAMES, ROWS, COLUMNS), 0.01, np.float32)) is None


def test_frames_that_show_nothing_are_passed_over() -> None:
    alpha = disks((20, 20), (60, 20), 8)
    alpha[[0, 4]] = 0
    aim = following(alpha)
    assert aim is not None
    np.testing.assert_allclose(aim.middles_T2[:, 0], np.linspace(20, 60, FRAMES), atol=0.2)
    alpha[1:] = 0
    alpha[3, 10:20, 30:40] = 1
    aim = following(alpha)
    assert aim is not None
    np.testing.assert_allclose(aim.middles_T2, np.tile([35.0, 15.0], (FRAMES, 1)))


@given(st.integers(0, 999), points, st.floats(16, 40))
@settings(max_examples=20, deadline=None)
def test_what_is_seen_is_put_back_where_it_was(seed: int, middle: tuple[float, float], side: float) -> None:
    """A picture of slow waves comes back but for what two samplings blur."""
    random = np.random.default_rng(seed)
    (a, b), phase = random.uniform(-0.25, 0.25, (2, 1, 1)), random.uniform(0, 6, (3, FRAMES, 1, 1))
    y, x = np.mgrid[:ROWS, :COLUMNS]
    video = torch.from_numpy(np.sin(a * x + b * y + phase).astype(np.float32))
    aim = Aim(np.tile(middle, (FRAMES, 1)), np.full(FRAMES, side))
    back = pasted(cropped(video, aim, 64), aim, torch.full_like(video, 5.0))
    inside = back != 5.0
    assert abs(float(inside[0, 0].sum()) - _area(middle, side)) < 4 * side
    assert float((back - video)[inside].abs().max()) < 0.1


def _area(middle: tuple[float, float], side: float) -> float:
    """Of the part of a window that is in the frame."""
    sides = ((min(m + side / 2, s) - max(m - side / 2, 0)) for m, s in zip(middle, (COLUMNS, ROWS), strict=True))
    return float(np.prod(list(sides)))


@pytest.mark.parametrize(("outside", "seen"), [(None, 0.75), (0.25, 0.25)])
def test_beyond_the_frame_its_edge_goes_on_or_a_value_is(outside: float | None, seen: float) -> None:
    video = torch.full((1, 2, ROWS, COLUMNS), 0.75)
    shown = cropped(video, Aim(np.zeros((2, 2)), np.full(2, 20.0)), 16, outside=outside)
    assert shown.shape == (1, 2, 16, 16)
    assert float(shown[0, 0, 2, 2]) == pytest.approx(seen)
    assert float(shown[0, 0, 13, 13]) == pytest.approx(0.75)


def test_an_aim_is_cut_to_frames() -> None:
    aim = Aim(np.array([[10.0, 20.0], [12.0, 24.0]]), np.array([8.0, 9.0]))
    assert len(aim.until(1).sides_T) == 1


def test_words_tell_of_a_close_up_and_no_words_stay_none() -> None:
    assert worded("a red ball") == "Close-up of a red ball."
    assert not worded("")
