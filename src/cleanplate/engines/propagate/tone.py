"""Bringing a source to the target's exposure: a gain and an offset per channel, and what varies slowly over them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.membrane import complete

_PRIOR = 0.02
"""Fraction of the peak: a channel whose contrast is below this says little about gain, so the gain stays near one."""
_ROUNDS = 4
_TOLERANCE = 0.006
_SMOOTH = 4.0


@dataclass(frozen=True)
class Tone:
    """target = gain * source + offset, offset varying smoothly over the survey box.

    Attributes:
        gain: C values.
        offset: h x w x C float32.
    """

    gain: NDArray[np.float32]
    offset: NDArray[np.float32]


def match_tone(target: NDArray[np.float32], source: NDArray[np.float32], both: NDArray[np.bool_], peak: float) -> Tone:
    """Fit the tone on the pixels that show the same thing in both (h x w x C each, `both` h x w bool).

    Iteratively reweighted least squares per channel; then the residual of the pixels that agree is carried into the
    rest by a membrane, so that no seam is left where light changed over the frame. What disagrees, such as a thing that
    moved, has no say.
    """
    channels = target.shape[2]
    gain = np.ones(channels, np.float32)
    offset = np.zeros(channels, np.float32)
    if not both.any():
        return Tone(gain, np.zeros_like(target))
    floor = _TOLERANCE * peak
    for c in range(channels):
        gain[c], offset[c] = _line(source[..., c][both], target[..., c][both], _PRIOR * peak, floor)
    rest = target - (gain * source + offset)
    size = np.abs(rest).max(axis=2)
    agree = both & (size <= max(2.5 * float(np.median(size[both])), floor))
    weight = cv2.GaussianBlur(agree.astype(np.float32), (0, 0), _SMOOTH)
    smooth = cv2.GaussianBlur(np.where(agree[..., None], rest, 0).astype(np.float32), (0, 0), _SMOOTH)
    smooth = smooth.reshape(rest.shape) / np.maximum(weight, 1e-3)[..., None]
    return Tone(gain, (complete(smooth.astype(np.float32), agree & (weight > 0.05)) + offset).astype(np.float32))


def _line(source: NDArray[np.float32], target: NDArray[np.float32], prior: float, floor: float) -> tuple[float, float]:
    """Gain and offset of one channel."""
    gain, offset = 1.0, float(np.median(target - source))
    for _ in range(_ROUNDS):
        rest = np.abs(target - gain * source - offset)
        scale = max(2.0 * float(np.median(rest)), floor)
        weight = np.exp(-((rest / scale) ** 2)).astype(np.float64)
        total = float(weight.sum())
        if total < 1e-6:
            break
        mean_s, mean_t = float((weight * source).sum() / total), float((weight * target).sum() / total)
        spread = float((weight * (source - mean_s) ** 2).sum() / total)
        together = float((weight * (source - mean_s) * (target - mean_t)).sum() / total)
        gain = (together + prior**2) / (spread + prior**2)
        offset = mean_t - gain * mean_s
    return gain, offset
