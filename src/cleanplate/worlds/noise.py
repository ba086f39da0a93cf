"""Smooth random fields, the stuff of made pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fractal(
    height: int, width: int, rng: np.random.Generator, *, period: float, octaves: int = 5, gain: float = 0.5
) -> NDArray[np.float32]:
    """H x W float32 in 0..1: sums of smooth noise, each octave of half the period and `gain` times the strength.

    Args:
        period: pixels between the coarsest features.
    """
    total = np.zeros((height, width), np.float32)
    strength = 1.0
    for _ in range(octaves):
        rows, columns = max(2, round(height / period) + 2), max(2, round(width / period) + 2)
        coarse = rng.random((rows, columns), dtype=np.float32)
        total += strength * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        strength, period = strength * gain, period / 2
        if period < 1:
            break
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / max(high - low, 1e-9), np.float32)


def ramp(field: NDArray[np.float32], *stops: tuple[float, tuple[float, float, float]]) -> NDArray[np.float32]:
    """Colours (H x W x 3, 0..1) of a field by (value, colour) stops, in rising order of value."""
    values = [value for value, _ in stops]
    return np.stack([np.interp(field, values, [c[n] for _, c in stops]) for n in range(3)], -1).astype(np.float32)
