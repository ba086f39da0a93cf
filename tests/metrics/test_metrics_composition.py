"""Kernel distance and intervals."""

from __future__ import annotations

import numpy as np
import pytest

from cleanplate.metrics.composition import kernel_distance, kernel_interval, mean_interval


def rows(seed: int, count: int = 60, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, (count, 8))


def test_kernel_distance_by_its_definition() -> None:
    a, b = rows(0, 5), rows(1, 4, 0.5)

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float((x @ y / 8 + 1) ** 3)

    within_a = np.mean([kernel(a[i], a[j]) for i in range(5) for j in range(5) if i != j])
    within_b = np.mean([kernel(b[i], b[j]) for i in range(4) for j in range(4) if i != j])
    across = np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(within_a + within_b - 2 * across)
    with pytest.raises(ValueError, match="two pictures"):
        kernel_distance(a[:1], b)


def test_samples_of_one_set_are_not_told_apart_and_others_are() -> None:
    alike, unlike = (kernel_interval(rows(0, 200), rows(1, 200, shift)) for shift in (0.0, 1.0))
    assert alike.low < 0 < alike.high
    assert unlike.low > alike.high


def test_means_over_seeds_and_clips() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0.5, 0.1, (3, 40))
    values[0, 3] = np.nan
    one = mean_interval(values)
    assert one.value == pytest.approx(np.nanmean(values))
    assert one.low < one.value < one.high
    assert one.high - one.low < 0.1
    apart = mean_interval(np.array([[0.2] * 40, [0.5] * 40, [0.8] * 40]))
    assert apart.high - apart.low > 0.3, "seeds that differ make the interval wide"
    assert np.isnan(mean_interval(np.full((1, 3), np.nan)).value)
