"""One step of warped noise: against the published rule in its own words, and as the linear map that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn_flows import shift, slab, turbulence, zoom
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.motion.noise.field import NoiseField, advance, fresh_field
from cleanplate.motion.noise.groups import merge, split
from cleanplate.motion.noise.paths import OUTSIDE, find_paths, landings, origins

HEIGHT, WIDTH = 20, 27


class Dealt(np.random.Generator):
    """A generator whose "random" rows are the rows of a matrix of units, one after the other, past the first channels.

    Fed with it, and with noise that is a matrix of units too, a step gives its own matrix.
    """

    def __init__(self, skip: int) -> None:
        super().__init__(np.random.PCG64(0))
        self.next = skip

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        rows = np.zeros(size, dtype)
        assert self.next + size[0] <= size[1]
        rows[np.arange(size[0]), self.next + np.arange(size[0])] = 1
        self.next += size[0]
        return rows


class Silent(np.random.Generator):
    """New noise that is zero."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return np.zeros(size, dtype)


def literal(
    noise: NDArray[np.float64], weight: NDArray[np.float64], flow: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The published step with its new noise left out, cell by cell, groups found by equal values of channel 0."""
    height, width, channels = noise.shape
    sources, source_weights = noise.copy(), weight.copy()
    landed: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y in range(height):
        for x in range(width):
            to = (y + round(float(flow[y, x, 1])), x + round(float(flow[y, x, 0])))
            if not (0 <= to[0] < height and 0 <= to[1] < width):
                sources[y, x], source_weights[y, x], to = 0, 1, (y, x)
            landed.setdefault(to, []).append((y, x))
    copies, copy_weights = np.zeros_like(noise), np.ones_like(weight)
    for y in range(height):
        for x in range(width):
            at = (round(y - float(flow[y, x, 1])), round(x - float(flow[y, x, 0])))
            if (y, x) not in landed and 0 <= at[0] < height and 0 <= at[1] < width:
                copies[y, x], copy_weights[y, x] = noise[at], weight[at]
    both = np.concatenate([sources, copies]).reshape(-1, channels)
    _, group, count = np.unique(both[:, 0], return_inverse=True, return_counts=True)
    size = count[group]
    both = both / np.sqrt(size)[:, None]
    thin = np.concatenate([source_weights, copy_weights]).ravel() / size
    out = both[height * width :].reshape(noise.shape).copy()
    out_weight = thin[height * width :].reshape(weight.shape).copy()
    for (y, x), cells in landed.items():
        rows = [cy * width + cx for cy, cx in cells]
        w = thin[rows]
        out[y, x] = (w[:, None] * both[rows]).sum(0) / np.sqrt((w**2).sum())
        out_weight[y, x] = w.sum()
    return out, (out_weight / out_weight.mean() + 1e-5) ** 0.9999


FLOWS: dict[str, Callable[[int], NDArray[np.float32]]] = {
    "growing": lambda step: zoom(HEIGHT, WIDTH, 1.15),
    "shrinking": lambda step: zoom(HEIGHT, WIDTH, 0.9),
    "turbulent": lambda step: turbulence(HEIGHT, WIDTH, 3.0, seed=step),
    "wild": lambda step: np.random.default_rng(step).normal(0, 6, (HEIGHT, WIDTH, 2)).astype(np.float32),
    "occluding": lambda step: slab(HEIGHT, WIDTH, (6, 2 + 4 * step, 18, 10 + 4 * step), 4),
}


@pytest.mark.parametrize("name", FLOWS)
def test_eight_steps_are_the_published_rule(name: str) -> None:
    field = fresh_field(HEIGHT, WIDTH, 3, np.random.default_rng(1))
    for step in range(4 if name == "occluding" else 8):
        flow = FLOWS[name](step)
        expected, weight = literal(field.noise.astype(np.float64), field.weight.astype(np.float64), flow)
        silent = advance(field, flow, Silent(), published=True)
        assert np.abs(silent.noise - expected).max() < 2e-6
        assert np.allclose(silent.weight, weight, rtol=1e-5, atol=0)
        field = advance(field, flow, np.random.default_rng(100 + step), published=True)


@pytest.mark.parametrize("published", [True, False])
def test_without_motion_the_noise_stays_to_the_bit(published: bool) -> None:
    first = fresh_field(HEIGHT, WIDTH, 4, np.random.default_rng(2))
    moved = advance(first, turbulence(HEIGHT, WIDTH, 2.0), np.random.default_rng(3), published=published)
    assert published or moved.rest.any()
    for field in (first, moved):
        still = advance(field, shift(HEIGHT, WIDTH, 0, 0), np.random.default_rng(4), published=published)
        assert np.array_equal(still.noise, field.noise)
        assert np.array_equal(still.rest, field.rest)


@settings(max_examples=60)
@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 2**32), st.booleans())
def test_a_whole_shift_is_exact_for_all_that_stays_in_the_picture(dy: int, dx: int, seed: int, published: bool) -> None:
    field = fresh_field(HEIGHT, WIDTH, 2, np.random.default_rng(seed))
    after = advance(field, shift(HEIGHT, WIDTH, dx, dy), np.random.default_rng([seed, 1]), published=published)
    # The published step is exact away from the border alone: what left comes back on its place.
    edges = [(abs(d), abs(d)) if published else (max(0, d), max(0, -d)) for d in (dy, dx)]
    inner = tuple(slice(low, max(low, side - high)) for (low, high), side in zip(edges, (HEIGHT, WIDTH), strict=True))
    assert np.array_equal(after.noise[inner], np.roll(field.noise, (dy, dx), axis=(0, 1))[inner])
    assert not after.rest.any()


def matrix_of(field: NoiseField, flow: NDArray[np.float32], published: bool) -> NDArray[np.float64]:
    """The step as a matrix: rows are the new cells, columns the old cells and then the new noise."""
    height, width = field.weight.shape
    cells = height * width
    units = np.zeros((height, width, 5 * cells), np.float32)
    units.reshape(cells, -1)[np.arange(cells), np.arange(cells)] = 1
    after = advance(NoiseField(units, field.weight, field.rest), flow, Dealt(cells), published=published)
    return after.noise.reshape(cells, -1).astype(np.float64)


@settings(max_examples=40)
@given(st.integers(1, 9), st.integers(1, 9), st.floats(0, 12), st.integers(0, 2**32), st.integers(0, 3), st.booleans())
def test_every_step_of_every_flow_keeps_white_noise_white(
    height: int, width: int, strength: float, seed: int, before: int, published: bool
) -> None:
    # White in, white out means M·Mᵀ = 1: exact, for every flow, with no statistics in it.
    rng = np.random.default_rng(seed)
    field = fresh_field(height, width, 1, rng)
    for _ in range(before):
        field = advance(field, rng.normal(0, 2, (height, width, 2)).astype(np.float32), rng, published=published)
    flow = rng.normal(0, strength, (height, width, 2)).astype(np.float32)
    matrix = matrix_of(field, flow, published)
    assert np.abs(matrix @ matrix.T - np.eye(height * width)).max() < 3e-6
    assert (field.weight > 0).all()
    assert np.abs(field.rest).max() <= 0.5


@settings(max_examples=50)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.integers(0, 2**32))
def test_copies_tell_their_value_and_merge_back_into_it(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((len(sizes), 3), np.float32)
    counts = np.array(sizes)
    copies = split(values, counts, rng.standard_normal((counts.sum(), 3), np.float32))
    back = merge(copies, np.full(counts.sum(), 0.3, np.float32), counts)
    assert np.abs(back - values).max() < 2e-6


def test_what_opens_is_shared_with_its_neighbour() -> None:
    # Everything right of column 16 moves on by one: column 16 is uncovered and copies column 15.
    field = fresh_field(HEIGHT, WIDTH, 3, np.random.default_rng(5))
    after = advance(field, slab(HEIGHT, WIDTH, (0, 16, HEIGHT, WIDTH), 1), np.random.default_rng(6))
    assert np.array_equal(after.noise[:, :15], field.noise[:, :15])
    assert np.array_equal(after.noise[:, 17:], field.noise[:, 16:-1])
    together = (after.noise[:, 15] + after.noise[:, 16]) / np.sqrt(2)
    assert np.abs(together - field.noise[:, 15]).max() < 1e-6
    assert np.allclose(after.weight[:, 15:17] * 2, after.weight[:, 14:15], rtol=2e-4)


def test_what_meets_is_heard_by_its_weight() -> None:
    # Column 3 moves onto column 4, which stays; nothing else moves.
    field = fresh_field(HEIGHT, WIDTH, 3, np.random.default_rng(7))
    weight = field.weight.copy()
    weight[:, 4] = 3
    after = advance(NoiseField(field.noise, weight, field.rest), slab(HEIGHT, WIDTH, (0, 3, HEIGHT, 4), 1), Silent())
    met = (field.noise[:, 3] + 3 * field.noise[:, 4]) / np.sqrt(10)
    # Column 3 is now a hole that copies column 3 - 1 = 2 by its own motion.
    assert np.allclose(after.noise[:, 4], met, atol=1e-6)
    assert np.allclose(after.noise[:, 3], field.noise[:, 2] / np.sqrt(2), atol=1e-6)


def test_what_enters_is_new_and_hardly_weighs() -> None:
    field = fresh_field(HEIGHT, WIDTH, 400, np.random.default_rng(8))
    after = advance(field, shift(HEIGHT, WIDTH, 3, 0), np.random.default_rng(9))
    entered = after.noise[:, :3].reshape(-1, 400)
    before = field.noise.reshape(-1, 400)
    # 60 entered cells against 540 old ones, 400 channels each: 32,400 correlations, 6 standard errors.
    assert np.abs(entered @ before.T / 400).max() < 6 / np.sqrt(400)
    assert after.weight[:, :3].max() < 2e-3
    # Those that left make way in the published step too: hardly anything is heard of the new noise on their places.
    published = advance(field, shift(HEIGHT, WIDTH, 3, 0), np.random.default_rng(9), published=True)
    assert not np.array_equal(published.noise[:, -3:], field.noise[:, -6:-3])
    assert np.abs(published.noise[:, -3:] - field.noise[:, -6:-3]).max() < 0.02


@pytest.mark.parametrize("published", [True, False])
def test_when_all_leaves_all_is_new(published: bool) -> None:
    field = fresh_field(1, 8, 1, np.random.default_rng(10))
    assert not matrix_of(field, shift(1, 8, 8, 0), published)[:, :8].any()


def test_paths_of_a_shift() -> None:
    paths = find_paths(shift(2, 4, 1, 0))
    assert paths.source.tolist() == [0, 1, 2, 4, 5, 6]
    assert paths.target.tolist() == [1, 2, 3, 5, 6, 7]
    assert np.flatnonzero(paths.gone).tolist() == [3, 7]
    assert paths.holes.tolist() == [0, 4]
    assert paths.origin.tolist() == [OUTSIDE, OUTSIDE]
    assert paths.arrivals.tolist() == [0, 1, 1, 1, 0, 1, 1, 1]
    published = find_paths(shift(2, 4, 1, 0), published=True)
    assert published.target.tolist() == [1, 2, 3, 3, 5, 6, 7, 7]
    assert published.arrivals.tolist() == [0, 1, 1, 2, 0, 1, 1, 2]


def test_a_growing_picture_needs_no_new_noise() -> None:
    # In the published step cells that left hold places at the border that their neighbours should be copied to.
    flow = zoom(60, 90, 1.06)
    paths = find_paths(flow)
    assert (paths.origin != OUTSIDE).all()
    assert len(find_paths(flow, published=True).holes) < len(paths.holes)


@pytest.mark.parametrize("far", [1e9, 1e30, -1e30])
def test_motion_beyond_all_bounds_leaves_the_picture(far: float) -> None:
    assert (landings(shift(3, 3, far, 0)) == OUTSIDE).all()
    assert (origins(shift(3, 3, 0, far), np.arange(9)) == OUTSIDE).all()


def test_equal_motions_of_half_a_cell_go_the_same_way() -> None:
    assert landings(shift(1, 6, 0.5, 0)).tolist() == [0, 1, 2, 3, 4, 5]
    assert landings(shift(1, 6, 1.5, 0)).tolist() == [2, 3, 4, 5, OUTSIDE, OUTSIDE]
