"""Grain: measured where the plate and its propagated copy show the same thing, made anew where copies were averaged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

_SCALES = (0.6, 1.0, 2.0, 4.0)
"""Standard deviations of the Gaussians that part the spectrum into bands, in pixels."""
_SIZES = (0.0, 0.6, 1.0, 1.6, 2.5)
"""Standard deviations of the Gaussians that make grain of five sizes out of white noise."""
_MAD = 1.4826
_FEWEST = 500
_ITERATIONS = 400
_NONE = 1e-3


@dataclass(frozen=True)
class Grain:
    """Standard deviation of each size of grain (`_SIZES`) per channel, in layer codes: S x C. The sizes add up."""

    sigma: NDArray[np.float32]

    @property
    def total(self) -> NDArray[np.float32]:
        """Standard deviation of each channel: C."""
        return np.asarray(np.sqrt(np.sum(self.sigma**2, axis=0)), np.float32)


def measure_grain(
    plate: NDArray[np.float32], copy: NDArray[np.float32], copies: NDArray[np.float32], where: NDArray[np.bool_]
) -> Grain | None:
    """The plate's grain from its difference to the mean of `copies` (h x w) independent other frames.

    The difference carries the plate's own grain and 1/copies of it again. The flatter half of the pixels is used, where
    a small misalignment shows least; the variances of its bands are explained as a sum of sizes of grain. None when
    there is too little to measure on.
    """
    if int(where.sum()) < _FEWEST:
        return None
    luma = copy[..., 0]
    slope = cv2.blur(np.hypot(cv2.Sobel(luma, -1, 1, 0), cv2.Sobel(luma, -1, 0, 1)), (5, 5))
    flat = where & (slope <= np.median(slope[where]))
    excess = np.sqrt(1 + 1 / np.maximum(copies[flat], 1))[:, None]
    spread = [_MAD * np.median(np.abs(band[flat] / excess), axis=0) for band in _bands(plate - copy)]
    variances = np.stack([_explained(column) for column in np.square(spread).T], axis=1)
    return Grain(np.sqrt(variances).astype(np.float32))


def make_grain(grain: Grain, height: int, width: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """h x w x C of Gaussian grain, each size at its measured strength."""
    made = np.zeros((height, width, grain.sigma.shape[1]), np.float32)
    for size, sigma in zip(_SIZES, grain.sigma, strict=True):
        if float(sigma.max()) > _NONE * float(grain.total.max()):
            made += _blurred(rng.standard_normal(made.shape, np.float32), size) * (sigma / _strength(size))
    return made


def _bands(picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Bands, fine to coarse; what is coarser than the last Gaussian is no grain."""
    bands, rest = [], picture
    for sigma in _SCALES:
        coarse = _blurred(picture, sigma)
        bands.append(rest - coarse)
        rest = coarse
    return bands


def _explained(variances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variances of the sizes of grain (not negative) that give those of the bands, each band counting alike.

    Lee and Seung's multiplicative updates (NIPS 2000) of the least squares.
    """
    scale = np.maximum(variances, 1e-9)
    responses = _responses() / scale[:, None]
    sizes = np.full(len(_SIZES), float(variances.sum()) / len(_SIZES))
    for _ in range(_ITERATIONS):
        sizes *= responses.sum(axis=0) / np.maximum(responses.T @ (responses @ sizes), 1e-12)
    return np.where(variances.max() > 0, sizes, 0.0)


@cache
def _responses() -> NDArray[np.float64]:
    """Variance in each band of each size of grain of unit variance."""
    columns = [[float(np.sum(b**2)) for b in _bands(_blurred(_impulse(), s) / _strength(s))] for s in _SIZES]
    return np.array(columns).T


@cache
def _strength(size: float) -> np.float32:
    """Standard deviation of white noise of unit variance after the blur."""
    return np.float32(np.sqrt(np.sum(_blurred(_impulse(), size) ** 2)))


def _impulse() -> NDArray[np.float32]:
    impulse = np.zeros((65, 65), np.float32)
    impulse[32, 32] = 1
    return impulse


def _blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    if sigma == 0:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma).reshape(picture.shape), np.float32)
