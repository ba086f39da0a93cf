"""Colours of what was drawn, locked to the plate's.

A codec shifts colours and brightness, slowly over the frame. What was drawn covers pixels that stay as well, where the
plate says what they should be: the gap between both there, as far as it is smooth, is taken away everywhere. What
disagrees locally, such as the edge of a shadow or an object that crosses the border, is outvoted by what is around it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.between import largest
from cleanplate.motion.membrane import complete

Real = NDArray[np.float32]

CELL = 8
"""Pixels of the model's grid a side of what the field has one value for: a latent's."""
_REACH = 2.5
"""Cells over which gaps are averaged (standard deviation)."""
_PARTS = 4
"""Means of pixels a side of a cell on which gaps are weighed: a codec's finest noise says nothing."""
_WHOLE = 0.999
_ROUNDS = 6
_FLOOR = 0.004
"""Of the spread of gaps that are believed: a code of 255."""
_TIMES = 2.0
"""Spreads at which a gap counts for a quarter."""
_ENOUGH = 0.05
"""Of the pixels around a cell (weighted): with fewer that stay, its value follows from its neighbours'."""


def gap_field(drawn: Real, plate: Real, stays: NDArray[np.bool_]) -> Real:
    """What is to be added to what was drawn: smooth, carried into what changes; rows x columns x 3 of cells (`CELL`).

    Iteratively reweighted means (Geman and McClure's weights), the field ever finer and the tolerance ever smaller.

    Args:
        drawn, plate: H x W x 3 R'G'B' of one frame on the model's grid.
        stays: H x W, pixels that nothing changes. Where there are none the answer is zero.
    """
    if not stays.any():
        return np.zeros((*(-(-side // CELL) for side in stays.shape), 3), np.float32)
    gaps, known = _pooled(plate - drawn), _pooled(stays.astype(np.float32)) > _WHOLE
    known = known if known.any() else _pooled(stays.astype(np.float32)) > 0
    cells = (gaps.shape[0] // _PARTS, gaps.shape[1] // _PARTS)
    field = np.broadcast_to(np.median(gaps[known], axis=0), (*cells, 3)).astype(np.float32)
    for _ in range(_ROUNDS):
        weights = _weights(gaps - _spread(field, _PARTS), known)
        field = _smooth(_cells(gaps * weights[..., None], cells), _cells(weights, cells))
    return field


def raised(field: Real, size: tuple[int, int]) -> Real:
    """A field of cells on the grid (rows, columns)."""
    return _spread(field, CELL)[: size[0], : size[1]]


def _spread(field: Real, times: int) -> Real:
    """So many times as large, linearly."""
    size = (field.shape[1] * times, field.shape[0] * times)
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _pooled(plane: Real) -> Real:
    """Means over two by two pixels, of the plane filled up to whole cells with nothing."""
    below, beside = (-side % CELL for side in plane.shape[:2])
    padded = cv2.copyMakeBorder(plane, 0, below, 0, beside, cv2.BORDER_CONSTANT, value=0)
    half = CELL // _PARTS
    size = (padded.shape[1] // half, padded.shape[0] // half)
    return np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), np.float32)


def _weights(rest: Real, stays: NDArray[np.bool_]) -> Real:
    """H x W, 0..1: how far the gap that is left is believed."""
    size = cv2.blur(largest(rest), (3, 3))
    spread = max(_FLOOR, float(np.median(size[stays])))
    return np.asarray(np.where(stays, 1 / np.square(1 + np.square(size / (_TIMES * spread))), 0), np.float32)


def _cells(plane: Real, cells: tuple[int, int]) -> Real:
    return np.asarray(cv2.resize(plane, cells[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _smooth(gaps: Real, mass: Real) -> Real:
    """The weighted mean around each cell; where hardly anything is known, the membrane of what is."""
    around = _blurred(mass)
    known = around > _ENOUGH * float(around.max())
    mean = _blurred(gaps) / np.maximum(around, 1e-9)[..., None]
    return complete(mean.astype(np.float32), known)


def _blurred(plane: Real) -> Real:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _REACH, borderType=cv2.BORDER_REFLECT), np.float32)
