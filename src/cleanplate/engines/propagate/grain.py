"""Grain: measured where the plate and its propagated copy show the same thing, made anew where copies were averaged."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SCALES = (1.0, 2.0, 4.0)
"""Standard deviations of the Gaussians that part the spectrum into octave bands, in pixels."""
_MAD = 1.4826
_FEWEST = 500


@dataclass(frozen=True)
class Grain:
    """Standard deviation of the grain per band (fine to coarse) and channel, in layer codes: B x C."""

    sigma: NDArray[np.float32]


def _bands(picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Octave bands, fine to coarse; what is coarser than the last Gaussian is no grain."""
    bands, rest = [], picture
    for sigma in _SCALES:
        coarse = cv2.GaussianBlur(picture, (0, 0), sigma).reshape(picture.shape)
        bands.append(rest - coarse)
        rest = coarse
    return bands


def measure_grain(
    plate: NDArray[np.float32], copy: NDArray[np.float32], copies: NDArray[np.float32], where: NDArray[np.bool_]
) -> Grain | None:
    """The plate's grain from its difference to the mean of `copies` (h x w) independent other frames.

    The difference carries the plate's own grain and 1/copies of it again. The flatter half of the pixels is used, where
    a small misalignment shows least. None when there is too little to measure on.
    """
    if int(where.sum()) < _FEWEST:
        return None
    luma = copy[..., 0]
    slope = cv2.blur(np.hypot(cv2.Sobel(luma, -1, 1, 0), cv2.Sobel(luma, -1, 0, 1)), (5, 5))
    flat = where & (slope <= np.median(slope[where]))
    excess = np.sqrt(1 + 1 / np.maximum(copies[flat], 1))[:, None]
    sigma = [_MAD * np.median(np.abs(band[flat] / excess), axis=0) for band in _bands(plate - copy)]
    return Grain(np.asarray(sigma, np.float32))


def make_grain(grain: Grain, height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """h x w x C of Gaussian grain with the measured spread in every band."""
    channels = grain.sigma.shape[1]
    noise = rng.standard_normal((height, width, channels), np.float32)
    made = np.zeros_like(noise)
    for band, unit, sigma in zip(_bands(noise), _unit_spread(), grain.sigma, strict=True):
        made += band * np.float32(1 / unit) * sigma
    return made


def _unit_spread() -> list[float]:
    """Standard deviation of each band of white noise of unit variance."""
    impulse = np.zeros((65, 65), np.float32)
    impulse[32, 32] = 1
    return [float(np.sqrt((band**2).sum())) for band in _bands(impulse)]
