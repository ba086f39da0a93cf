"""What the object and its surroundings look like: colour models and their likelihood ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""H x W x 3 uint8 RGB."""
Lab = NDArray[np.float32]
"""H x W x 3 float32 CIE L*a*b*, L in 0..100."""
Field = NDArray[np.float32]
"""H x W float32."""
Bins = NDArray[np.int32]
"""H x W indices into a colour histogram."""
Histogram = NDArray[np.float32]
"""A density over `_BINS`**3 colours, summing to 1."""

_BINS = 32
_CHROMA_REACH = 64.0
"""Chroma beyond this falls into the outermost bins; few things are that colourful."""
_NOISE_VARIANCE = 9.0
"""Variance (L*a*b* units squared) that a camera's noise and compression give to any surface."""


@dataclass(frozen=True)
class Look:
    """One picture (or window of one) in the forms that the models read."""

    gray: NDArray[np.uint8]
    lab: Lab
    smooth: Lab
    bins: Bins

    @classmethod
    def of(cls, picture: Picture) -> Self:
        """Derive every form from RGB codes."""
        picture = np.ascontiguousarray(picture)
        lab = np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), dtype=np.float32)
        gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        smooth = np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), dtype=np.float32)
        return cls(gray=gray, lab=lab, smooth=smooth, bins=_bins(lab))


def _bins(lab: Lab) -> Bins:
    levels = np.empty(lab.shape, dtype=np.int32)
    levels[..., 0] = lab[..., 0] * (_BINS / 100)
    levels[..., 1:] = (lab[..., 1:] + _CHROMA_REACH) * (_BINS / (2 * _CHROMA_REACH))
    np.clip(levels, 0, _BINS - 1, out=levels)
    return np.asarray((levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2], dtype=np.int32)


def histogram(bins: Bins, weight: NDArray[np.bool_] | Field) -> Histogram:
    """The density of colours under `weight` (H x W), smoothed by about one bin."""
    counts = np.bincount(bins.ravel(), weights=weight.ravel(), minlength=_BINS**3)
    cube = counts.astype(np.float32).reshape(_BINS, _BINS, _BINS)
    for axis in range(3):
        cube = np.moveaxis(_smoothed(np.moveaxis(cube, axis, 0)), 0, axis)
    return np.asarray(cube.ravel() / max(float(cube.sum()), 1e-9), dtype=np.float32)


def _smoothed(cube: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights 1/4, 1/2, 1/4 along the first axis; the edge goes on beyond itself."""
    smooth = 0.5 * cube
    smooth[1:] += 0.25 * cube[:-1]
    smooth[:-1] += 0.25 * cube[1:]
    smooth[[0, -1]] += 0.25 * cube[[0, -1]]
    return smooth


def colour_ratio(bins: Bins, inside: Histogram, outside: Histogram, reach: float = 4.0, doubt: float = 2e-5) -> Field:
    """Log likelihood ratio object : surroundings of each pixel's colour, within +-reach.

    `doubt` is the density that a colour never seen has on either side, so that such a colour says nothing.
    """
    table = np.log((inside + doubt) / (outside + doubt)).clip(-reach, reach)
    return np.asarray(table[bins], dtype=np.float32)


def local_ratio(lab: Lab, reference: Lab, share: Field, sigma: float, reach: float = 4.0) -> Field:
    """Log likelihood ratio under one Gaussian a side in each pixel's neighbourhood, within +-reach.

    The colours on both sides of a boundary say more near it than those of the whole object do (Video SnapCut, Bai et
    al., 2009). Where only one side lies in reach, nothing is said.

    Args:
        lab: the picture asked about, H x W x 3.
        reference: the picture that `share` belongs to, aligned with it.
        share: H x W, how much of each pixel is object, 0..1.
        sigma: size of the neighbourhood in pixels.
    """
    seen_in, mean_in, var_in = _moments(reference, share, sigma)
    seen_out, mean_out, var_out = _moments(reference, 1 - share, sigma)
    ratio = np.square(lab - mean_out) / var_out - np.square(lab - mean_in) / var_in + np.log(var_out / var_in)
    known = np.minimum(1, 10 * np.minimum(seen_in, seen_out))
    return np.asarray((0.5 * ratio.sum(axis=2)).clip(-reach, reach) * known, dtype=np.float32)


def _moments(lab: Lab, weight: Field, sigma: float) -> tuple[Field, Lab, Lab]:
    # A box of the Gaussian's width: the running sum makes it several times cheaper, and nothing here needs the bell.
    side = 2 * round(1.7 * sigma) + 1
    seen = cv2.blur(weight, (side, side)) + np.float32(1e-4)
    weighted = lab * weight[..., None]
    mean = cv2.blur(weighted, (side, side)) / seen[..., None]
    square = cv2.blur(weighted * lab, (side, side)) / seen[..., None]
    variance = np.maximum(square - np.square(mean), 0) + np.float32(_NOISE_VARIANCE)
    return np.asarray(seen), np.asarray(mean), np.asarray(variance)
