"""How near pictures are to the truth, where it matters: PSNR and SSIM over a region."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
Mask = NDArray[np.bool_]
_BEST = 100.0
"""dB that equal pictures are said to have."""
_DEVIATION = 1.5
_C1, _C2 = 0.01**2, 0.03**2


def psnr(made: Real, truth: Real, where: Mask) -> float:
    """dB over the samples where it matters.

    Args:
        made, truth: ... x C in 0..1.
        where: ...; not empty.
    """
    error = float(np.square(made[where] - truth[where], dtype=np.float64).mean())
    return min(_BEST, -10 * math.log10(max(error, 1e-12)))


def ssim(made: Real, truth: Real, where: Mask) -> float:
    """Structural similarity (Wang et al. 2004: Gaussian window of 1.5 pixels), mean over where it matters.

    Args:
        made, truth: T x H x W x C in 0..1.
        where: T x H x W; not empty.
    """
    total, count = 0.0, int(where.sum())
    for a, b, inside in zip(made, truth, where, strict=True):
        if inside.any():
            total += float(ssim_map(a, b).mean(axis=-1)[inside].sum())
    return total / count


def ssim_map(a: Real, b: Real) -> Real:
    """H x W x C."""
    mean_a, mean_b = _blurred(a), _blurred(b)
    covariance = _blurred(a * b) - mean_a * mean_b
    spread_a, spread_b = _blurred(a * a) - mean_a**2, _blurred(b * b) - mean_b**2
    alike = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    return np.asarray(alike / ((mean_a**2 + mean_b**2 + _C1) * (spread_a + spread_b + _C2)), np.float32)


def _blurred(picture: Real) -> Real:
    return np.asarray(cv2.GaussianBlur(picture, (11, 11), _DEVIATION, borderType=cv2.BORDER_REFLECT), np.float32)
