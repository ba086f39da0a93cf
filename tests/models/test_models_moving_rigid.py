"""Rigid motions: against the singular value decomposition, and what they must keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.models.moving.rigid import Motion, Points, misfit, motion, robust, sums

angles = st.floats(-3.1, 3.1)
ways = st.floats(-40, 40)
seeds = st.integers(0, 2**32 - 1)


def cloud(seed: int, count: int = 12) -> Points:
    random = np.random.default_rng(seed)
    return np.asarray(random.uniform(0, 60, count) + 1j * random.uniform(0, 60, count))


def one_set(points: Points) -> NDArray[np.int64]:
    return np.zeros(len(points), np.int64)


def kabsch(before: Points, after: Points, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The rotation of least squares, and what it leaves (Kabsch 1976), by singular values."""
    a, b = (np.stack([points.real, points.imag], axis=-1) for points in (before, after))
    a, b = (points - np.average(points, axis=0, weights=weights) for points in (a, b))
    u, _, vt = np.linalg.svd((weights[:, None] * a).T @ b)
    turn = vt.T @ np.diag([1, np.linalg.det(vt.T @ u.T)]) @ u.T
    return turn, float((weights * np.square(b - a @ turn.T).sum(axis=1)).sum())


@given(seeds, angles, ways, ways)
def test_a_rigid_motion_is_found_again(seed: int, angle: float, x: float, y: float) -> None:
    before = cloud(seed)
    true = Motion(np.exp(1j * angle), 30 + 20j, complex(x, y))
    found = sums(before, true.forth(before), np.ones(len(before)), one_set(before), 1)[0]
    np.testing.assert_allclose(motion(found).forth(before), true.forth(before), atol=1e-6)
    assert misfit(found) < 1e-6
    np.testing.assert_allclose(true.back(true.forth(before)), before, atol=1e-9)


@given(seeds, angles)
def test_it_is_that_of_least_squares(seed: int, angle: float) -> None:
    random, before = np.random.default_rng(seed), cloud(seed)
    after = before * np.exp(1j * angle) + random.normal(0, 4, len(before)) + 1j * random.normal(0, 4, len(before))
    weights = random.uniform(0.1, 1, len(before))
    turn, left = kabsch(before, after, weights)
    of = sums(before, after, weights, one_set(before), 1)[0]
    found = motion(of)
    np.testing.assert_allclose([found.turn.real, found.turn.imag], turn[:, 0], atol=1e-6)
    assert misfit(of) == pytest.approx(left, rel=1e-6, abs=1e-6)
    assert (weights * np.square(np.abs(found.forth(before) - after))).sum() == pytest.approx(left, rel=1e-6, abs=1e-6)


def test_sums_of_sets_add_up() -> None:
    before, after, weights = cloud(1), cloud(2), np.random.default_rng(3).uniform(0, 1, 12)
    parts = sums(before, after, weights, np.arange(12) % 3, 3)
    np.testing.assert_allclose(parts.sum(axis=0), sums(before, after, weights, one_set(before), 1)[0])


def test_one_point_goes_straight() -> None:
    found = motion(sums(np.array([3 + 4j]), np.array([5 + 1j]), np.ones(1), np.zeros(1, np.int64), 1)[0])
    assert (found.turn, found.forth(np.array([3 + 4j]))[0]) == (1, 5 + 1j)


@given(seeds, angles)
def test_points_far_off_hardly_count(seed: int, angle: float) -> None:
    before = cloud(seed, 40)
    true = Motion(np.exp(1j * angle), 30 + 30j, 40 + 20j)
    after = true.forth(before)
    after[:8] += 15 - 9j
    weights = np.ones(len(before))
    plain = motion(sums(before, after, weights, one_set(before), 1)[0])
    off, off_plain = (
        np.abs(m.forth(before) - true.forth(before)).max() for m in (robust(before, after, weights), plain)
    )
    assert off < 0.5 < 2 < off_plain
