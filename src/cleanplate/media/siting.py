"""Where chroma samples lie among the luma samples, and the filters that follow from it.

A dimension in which chroma is *co-sited* with a luma sample is filtered by a triangle (for a factor of two: 1 2 1 over
four), one in which it lies *midway* by a box (1 1 over two). So a left-sited 4:2:0 sample has a footprint of 3 x 2 luma
samples, a centred one 2 x 2, a top-left one 3 x 3, a left-sited 4:2:2 sample 3 x 1. At the frame's edges the indices
are clamped, so that the weights of what lies inside still add up to one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.frame import PixelFormat, Siting

Samples = NDArray[np.float32]
"""H x W."""
Mask = NDArray[np.bool_]
"""H x W."""


def is_cosited(siting: Siting) -> tuple[bool, bool]:
    """(horizontally, vertically): whether a chroma sample lies on a luma sample rather than midway."""
    return siting is not Siting.CENTER, siting is Siting.TOPLEFT


def taps(factor: int, cosited: bool) -> tuple[int, tuple[float, ...]]:
    """Offset of the first luma sample from `factor * n`, and the weights from there on, for chroma sample n.

    The weights are multiples of 1 / factor^2, which float32 holds exactly.
    """
    if factor == 1:
        return 0, (1.0,)
    if not cosited:
        return 0, (1 / factor,) * factor
    return 1 - factor, tuple((factor - abs(k)) / factor**2 for k in range(1 - factor, factor))


def footprint(fmt: PixelFormat, siting: Siting) -> tuple[int, int]:
    """(width, height) in luma samples of what one chroma sample is made from."""
    across, down = is_cosited(siting)
    return len(taps(1 << fmt.sub_x, across)[1]), len(taps(1 << fmt.sub_y, down)[1])


def downsample(plane: NDArray[np.generic], fmt: PixelFormat, siting: Siting) -> Samples:
    """Chroma at the format's resolution from an H x W plane at luma resolution. Any real dtype in, float32 out."""
    across, down = is_cosited(siting)
    rows = _reduce(np.asarray(plane, dtype=np.float32), 1 << fmt.sub_y, down)
    return np.ascontiguousarray(_reduce(rows.T, 1 << fmt.sub_x, across).T)


def upsample(plane: NDArray[np.generic], fmt: PixelFormat, siting: Siting, height: int, width: int) -> Samples:
    """An H x W plane at luma resolution from chroma at the format's, linear between the samples' true places."""
    across, down = is_cosited(siting)
    rows = _expand(np.asarray(plane, dtype=np.float32), 1 << fmt.sub_y, down, height)
    return np.ascontiguousarray(_expand(rows.T, 1 << fmt.sub_x, across, width).T)


def footprint_any(mask: Mask, fmt: PixelFormat, siting: Siting) -> Mask:
    """True for every chroma sample whose footprint holds a true pixel of an H x W mask."""
    across, down = is_cosited(siting)
    rows = _any(mask, 1 << fmt.sub_y, down)
    return np.ascontiguousarray(_any(rows.T, 1 << fmt.sub_x, across).T)


def footprint_all(mask: Mask, fmt: PixelFormat, siting: Siting) -> Mask:
    """True for every chroma sample whose footprint lies wholly in an H x W mask."""
    return ~footprint_any(~mask, fmt, siting)


def spread(chroma: Mask, fmt: PixelFormat, siting: Siting, height: int, width: int) -> Mask:
    """H x W: every luma pixel in the footprint of a true chroma sample."""
    across, down = is_cosited(siting)
    rows = _spread(chroma, 1 << fmt.sub_y, down, height)
    return np.ascontiguousarray(_spread(rows.T, 1 << fmt.sub_x, across, width).T)


def _reduce(plane: Samples, factor: int, cosited: bool) -> Samples:
    """Filter and decimate the rows (first axis)."""
    if factor == 1:
        return plane
    first, weights = taps(factor, cosited)
    total = np.float32(weights[0]) * plane[_rows(plane.shape[0], factor, first)]
    for k, weight in enumerate(weights[1:], 1):
        total += np.float32(weight) * plane[_rows(plane.shape[0], factor, first + k)]
    return total


def _any(mask: Mask, factor: int, cosited: bool) -> Mask:
    first, weights = taps(factor, cosited)
    found = mask[_rows(mask.shape[0], factor, first)]
    for k in range(1, len(weights)):
        found = found | mask[_rows(mask.shape[0], factor, first + k)]
    return found


def _spread(chroma: Mask, factor: int, cosited: bool, size: int) -> Mask:
    owners = chroma[np.arange(size) // factor]
    if cosited and factor > 1:
        owners |= chroma[np.minimum(-(-np.arange(size) // factor), chroma.shape[0] - 1)]
    return owners


@lru_cache(maxsize=64)
def _rows(size: int, factor: int, offset: int) -> NDArray[np.intp]:
    """For each decimated row the source row at `offset`, clamped to the plane."""
    return np.clip(np.arange(-(-size // factor)) * factor + offset, 0, size - 1)


@lru_cache(maxsize=16)
def _between(size: int, factor: int, cosited: bool) -> tuple[NDArray[np.intp], NDArray[np.intp], Samples]:
    """For each luma row the chroma rows above and below, and the share of the lower one."""
    places = np.arange(size) / factor if cosited else (np.arange(size) + 0.5) / factor - 0.5
    last = -(-size // factor) - 1
    above = np.floor(places).astype(np.intp)
    share = (places - above).astype(np.float32)
    return np.clip(above, 0, last), np.clip(above + 1, 0, last), share[:, None]


def _expand(plane: Samples, factor: int, cosited: bool, size: int) -> Samples:
    if factor == 1:
        return plane
    above, below, share = _between(size, factor, cosited)
    upper = plane[above]
    expanded: Samples = upper + share * (plane[below] - upper)
    return expanded
