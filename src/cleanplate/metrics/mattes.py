"""How good a layer's alpha is, and how much of the plate it leaves alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float32]
"""H x W or T x H x W, 0..1."""
BEYOND = 16
"""Pixels about the true alpha in which a result may still differ from the plate."""
_DEVIATION, _HALF = 1.4, 4
_STEPS = 10
_NEAR = 0.15


def preserved(plate: NDArray[np.uint8], composite: NDArray[np.uint8], alpha: Alpha, beyond: int = BEYOND) -> float:
    """Share of the samples farther than `beyond` pixels from the true alpha that are bit-equal; NaN without any.

    Args:
        plate, composite: T x H x W x 3.
        alpha: T x H x W, the true one.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * beyond + 1, 2 * beyond + 1))
    outside = np.stack([cv2.dilate((frame > 0).astype(np.uint8), disc) == 0 for frame in alpha])
    return float((plate == composite)[outside].mean()) if outside.any() else float("nan")


def overlap(made: Alpha, truth: Alpha) -> float:
    """Intersection over union of what is over one half; 1 where neither has any."""
    a, b = made > 0.5, truth > 0.5
    union = int((a | b).sum())
    return float((a & b).sum() / union) if union else 1.0


def gradient_error(made: Alpha, truth: Alpha) -> float:
    """Of one frame, H x W: squared differences of gradients (Rhemann et al. 2009), summed, in thousands."""
    apart = np.square(_slope(made) - _slope(truth), dtype=np.float64)
    return float(apart.sum() / 1000)


def connectivity_error(made: Alpha, truth: Alpha) -> float:
    """Of one frame, H x W: how differently pixels hang together with what both hold for solid, summed, in thousands.

    Rhemann et al. 2009: a pixel belongs, up to a level of alpha, to the largest region that both mattes have at
    that level; what it has more than that, if it is much, is not connected.
    """
    level = np.zeros(truth.shape, np.float32)
    held = np.ones(truth.shape, np.bool_)
    for step in range(1, _STEPS + 1):
        held = held & _largest((made >= step / _STEPS) & (truth >= step / _STEPS))
        level[held] = step / _STEPS
    return float(np.abs(_connected(made, level) - _connected(truth, level)).sum(dtype=np.float64) / 1000)


def _connected(alpha: Alpha, level: Alpha) -> Alpha:
    more = alpha - level
    return np.asarray(1 - np.where(more >= _NEAR, more, 0), np.float32)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count, pieces, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count == 1:
        return mask
    return np.asarray(pieces == 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax()))


def _slope(alpha: Alpha) -> Alpha:
    """Length of the gradient by derivatives of a Gaussian, of unit energy as in the published evaluation."""
    x = np.arange(-_HALF, _HALF + 1)
    bell = np.exp(-(x**2) / (2 * _DEVIATION**2)) / (_DEVIATION * np.sqrt(2 * np.pi))
    steep = -x / _DEVIATION**2 * bell
    bell, steep = bell / np.linalg.norm(bell), steep / np.linalg.norm(steep)
    along = cv2.sepFilter2D(alpha, cv2.CV_32F, steep, bell, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(alpha, cv2.CV_32F, bell, steep, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(along, down), np.float32)
