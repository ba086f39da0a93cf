"""Where things would be instead: along their path, with their own shape, to the pixel or by the cell."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.masks.grid import cells_around, fill_cells, gridify, touched
from cleanplate.masks.reasoning import Grid, PathPoint, Thing
from cleanplate.masks.sweep import Shape, point_at, shape_of, stand_at, swept
from cleanplate.masks.track import Mask, Track, TrackWriter

SIZE = HEIGHT, WIDTH = 96, 160
GRID = Grid.of(HEIGHT, WIDTH)
FRAMES = 24


def thing(**fields: Any) -> Thing:
    entry = {"id": "ball", "name": "ball", "kind": "object", "caused_by": "duck", "why": "", "onset": 0, "end": FRAMES}
    return Thing.model_validate(entry | fields)


def disc(y: float, x: float, radius: float) -> Mask:
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray((ys - y) ** 2 + (xs - x) ** 2 <= radius**2)


places = st.tuples(st.floats(-30, HEIGHT + 30), st.floats(-30, WIDTH + 30))


@settings(max_examples=40)
@given(places, places, st.floats(3, 14))
def test_a_silhouette_follows_a_way_known_by_the_pixel(
    start: tuple[float, float], stop: tuple[float, float], radius: float
) -> None:
    path = [point_at(2, *start, GRID, SIZE), point_at(18, *stop, GRID, SIZE)]
    ball, shape = thing(path=path), Shape.of(disc(48, 80, radius))
    for frame in (2, 7, 18, 22):
        t = min((frame - 2) / 16, 1)
        y, x = ((1 - t) * p + t * q for p, q in zip(start, stop, strict=True))
        drawn = swept(ball, shape, frame, GRID, SIZE)
        inner, outer = disc(y, x, radius - 1.5), disc(y, x, radius + 1.5)
        assert not (inner & ~drawn).any()
        assert not (drawn & ~outer).any()
    assert not swept(ball, shape, 1, GRID, SIZE).any()


@settings(max_examples=40)
@given(places, places, st.floats(3, 14), st.floats(0.05, 0.9), st.integers(3, 22), st.floats(-1, 1))
def test_the_leeway_covers_whoever_is_early_or_late(
    start: tuple[float, float], stop: tuple[float, float], radius: float, leeway: float, frame: int, off: float
) -> None:
    path = [point_at(2, *start, GRID, SIZE), point_at(18, *stop, GRID, SIZE)]
    ball, shape = thing(path=path, leeway=leeway), Shape.of(disc(48, 80, radius))
    t = min(max(frame - 2 + off * leeway * (frame - 2), 0) / 16, 1)
    y, x = ((1 - t) * p + t * q for p, q in zip(start, stop, strict=True))
    inner = disc(y, x, 0.6 * radius - 1)
    assert not (inner & ~swept(ball, shape, frame, GRID, SIZE)).any()


@settings(max_examples=40)
@given(st.tuples(st.integers(0, 7), st.integers(0, 12)), st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_a_block_at_a_point_of_its_path_is_its_cells(cell: tuple[int, int], size: tuple[int, int]) -> None:
    ball = thing(path=[{"frame": 3, "cell": cell, "size_cells": size}, {"frame": 9, "cell": (0, 0)}])
    drawn = swept(ball, None, 3, GRID, SIZE)
    assert np.array_equal(drawn, fill_cells(cells_around(cell, size, GRID), GRID, *SIZE))


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.floats(2, 20))
def test_boxes_of_cells_named_on_each_frame_lose_nothing(seed: int, radius: float) -> None:
    """A convex thing whose touched rows and columns are given frame by frame comes out as its whole cells."""
    rng = np.random.default_rng(seed)
    y, x = rng.uniform(radius, HEIGHT - radius), rng.uniform(radius, WIDTH - radius)
    mask = np.zeros(SIZE, np.bool_)
    mask[round(y - radius) : round(y + radius) + 1, round(x - radius) : round(x + radius) + 1] = True
    cells = touched(mask, GRID)
    rows, columns = np.flatnonzero(cells.any(1)), np.flatnonzero(cells.any(0))
    size = len(rows), len(columns)
    cell = int(rows[0]) + (size[0] - 1) // 2, int(columns[0]) + (size[1] - 1) // 2
    ball = thing(path=[{"frame": 0, "cell": cell, "size_cells": size}])
    assert np.array_equal(swept(ball, None, 0, GRID, SIZE), gridify(mask, GRID))


def test_between_two_cells_it_claims_what_it_crosses() -> None:
    ball = thing(path=[{"frame": 0, "cell": (1, 1)}, {"frame": 10, "cell": (1, 2)}], size_cells=(1, 1))
    claimed = [np.flatnonzero(swept(ball, None, n, GRID, SIZE)[18]) for n in (0, 5, 10)]
    edges = np.arange(GRID.columns + 1) * WIDTH // GRID.columns
    spans = [(c.min(), c.max() + 1) for c in claimed]
    assert spans == [(edges[1], edges[2]), (edges[1], edges[3]), (edges[2], edges[3])]


def test_a_place_of_rest_alone_holds_from_onset_to_end() -> None:
    ball = thing(rest_place=(3, 4), onset=5, end=9)
    stand = stand_at(ball, 7)
    assert stand is not None
    assert stand.centre == (3.5, 4.5)
    assert [bool(swept(ball, None, n, GRID, SIZE).any()) for n in (4, 5, 9, 10)] == [False, True, True, False]


def test_the_fullest_view_near_the_start_goes_along(tmp_path: Path) -> None:
    size = {"length": FRAMES, "height": HEIGHT, "width": WIDTH}
    with TrackWriter(tmp_path / "ball.track", name="ball", **size) as writer:
        for n in range(FRAMES):
            writer.write(n, disc(40, 60, 20 if n == 20 else 4 + (n == 6)))
    shape = shape_of(thing(path=[PathPoint(frame=4, cell=(3, 5))]), Track(tmp_path / "ball.track"))
    assert shape is not None
    assert np.array_equal(shape.mask, disc(40, 60, 5)[35:46, 55:66])
    assert shape.centre == (5.0, 5.0)


@pytest.mark.parametrize("moved", [0, 40])
def test_a_way_that_starts_from_a_part_goes_about_that_part(tmp_path: Path, moved: int) -> None:
    """Of a ball the upper rows alone are seen at first; once it lies elsewhere, nothing tells what part that was."""
    whole, top = disc(40 + moved, 60, 12), disc(40, 60, 12)
    top[37:] = False
    with TrackWriter(tmp_path / "ball.track", name="ball", length=FRAMES, height=HEIGHT, width=WIDTH) as writer:
        for n in range(FRAMES):
            writer.write(n, top if n <= 4 else whole)
    shape = shape_of(thing(path=[PathPoint(frame=4, cell=(3, 5))]), Track(tmp_path / "ball.track"))
    assert shape is not None
    assert shape.mask.shape == (25, 25)
    part = np.argwhere(top).mean(axis=0) - (28, 48)
    assert shape.centre == pytest.approx((12.0, 12.0) if moved else tuple(part))
