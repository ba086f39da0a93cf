"""Preservation, overlap, and the errors of mattes after Rhemann et al. 2009."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.metrics.mattes import BEYOND, connectivity_error, gradient_error, overlap, preserved


def square(top: int, left: int, side: int, size: tuple[int, int] = (64, 96)) -> NDArray[np.float32]:
    alpha = np.zeros(size, np.float32)
    alpha[top : top + side, left : left + side] = 1
    return alpha


def test_only_what_is_far_from_the_true_alpha_must_be_equal() -> None:
    plate = np.random.default_rng(0).integers(0, 255, (1, 64, 96, 3), np.uint8)
    alpha = square(20, 20, 8)[None]
    near, far = plate.copy(), plate.copy()
    near[0, 20:28, 20 : 28 + BEYOND] += 1
    far[0, :, 70:] ^= 1
    assert preserved(plate, near, alpha) == 1
    outside = 1 - (1 - preserved(plate, far, alpha))
    assert 0.4 < outside < 0.7
    far[0, :, 70:, 1:] = plate[0, :, 70:, 1:]
    assert preserved(plate, far, alpha) == pytest.approx(1 - (1 - outside) / 3), "samples are counted, not pixels"
    assert math.isnan(preserved(plate, far, np.ones_like(alpha)))


def test_overlap() -> None:
    assert overlap(square(0, 0, 8), square(0, 4, 8)) == pytest.approx(4 / 12)
    assert overlap(0 * square(0, 0, 8), 0 * square(0, 0, 8)) == 1


def test_gradient_error_of_an_edge() -> None:
    """A step's derivative is the Gaussian itself; of unit energy, its squares sum to 4 root pi deviation^3 a row."""
    step = np.zeros((50, 60), np.float32)
    step[:, 30:] = 1
    expected = 50 * 4 * math.sqrt(math.pi) * 1.4**3 / 1000
    assert gradient_error(step, 0 * step) == pytest.approx(expected, rel=0.03)
    assert gradient_error(step, step) == 0


def test_connectivity_error_counts_what_is_cut_off() -> None:
    whole = square(10, 10, 12)
    island = whole + square(40, 70, 5)
    assert connectivity_error(whole, whole) == 0
    assert connectivity_error(island, whole) == pytest.approx(25 / 1000), "each pixel of the island is wholly cut off"
    faint = whole + 0.1 * square(40, 70, 5)
    assert connectivity_error(faint, whole) == 0, "up to 0.15 nothing is said to be cut off"
