"""PSNR, SSIM and the distance of features over a region."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cleanplate.metrics.features import distance
from cleanplate.metrics.pictures import psnr, ssim, ssim_map


def clip(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((2, 24, 32, 3), np.float32)


def region() -> np.ndarray:
    where = np.zeros((2, 24, 32), np.bool_)
    where[1, 6:16, 8:20] = True
    return where


def test_only_the_region_counts() -> None:
    truth, where = clip(), region()
    made = np.where(where[..., None], truth, 0).astype(np.float32)
    assert psnr(made, truth, where) == 100
    made[where] += 0.1
    assert psnr(made, truth, where) == pytest.approx(20, abs=1e-4)


def test_ssim_by_its_definition() -> None:
    """At one pixel, with the window written out (Wang et al. 2004, 11 x 11, Gaussian of 1.5)."""
    a, b = clip(1)[0, ..., :1], clip(2)[0, ..., :1]
    window = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(window, window) / np.outer(window, window).sum()
    x, y = (one[7:18, 10:21, 0].astype(np.float64) for one in (a, b))
    mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
    spread_x, spread_y = (weights * (x - mean_x) ** 2).sum(), (weights * (y - mean_y) ** 2).sum()
    shared = (weights * (x - mean_x) * (y - mean_y)).sum()
    expected = (2 * mean_x * mean_y + 1e-4) * (2 * shared + 9e-4)
    expected /= (mean_x**2 + mean_y**2 + 1e-4) * (spread_x + spread_y + 9e-4)
    three = [np.repeat(one, 3, axis=2) for one in (a, b)]
    assert ssim_map(*three)[12, 15, 0] == pytest.approx(expected, abs=1e-5)
    assert ssim(clip(), clip(), region()) == pytest.approx(1, abs=1e-6)


def test_features_count_by_direction_and_place() -> None:
    random = np.random.default_rng(3)
    truth = [random.random((8, 24, 32)).astype(np.float32), random.random((16, 6, 8)).astype(np.float32)]
    where = np.zeros((24, 32), np.bool_)
    where[:8, :8] = True
    assert distance(truth, truth, where) == 0
    brighter = [3 * layer for layer in truth]
    assert distance(brighter, truth, where) == pytest.approx(0, abs=1e-6)
    elsewhere = [layer.copy() for layer in truth]
    elsewhere[0][:, 12:, 12:] = 0
    assert distance(elsewhere, truth, where) == 0
    across = [np.roll(layer, 1, axis=0) for layer in truth]
    assert distance(across, truth, where) > 0.05
    assert math.isfinite(distance([0 * layer for layer in truth], truth, where))
