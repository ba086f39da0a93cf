"""Between a box of the plate and the model's grid over it.

Down is a mean over areas, as the model is given the plate. Up is cubic (Keys, 1981), sharpened by just so much that
what is brought down again is what was drawn: a mean over areas blurs, and a cubic does not undo that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.framing import Framing
from cleanplate.masks.track import MaskBox

Real = NDArray[np.float32]
_Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_CUBIC = -0.5
_BLOCK = 64
_NOTHING = 1e-4
"""Of a weight: below this it is left out."""


@dataclass(frozen=True)
class Scale:
    """A box of coded pixels and the model's grid over it, in coded orientation.

    Attributes:
        box: (y0, x0, y1, x1), ends exclusive.
        grid: (rows, columns).
    """

    box: MaskBox
    grid: tuple[int, int]

    @classmethod
    def of(cls, framing: Framing) -> Scale:
        return cls(framing.box, framing.size.coded)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the box."""
        y0, x0, y1, x1 = self.box
        return y1 - y0, x1 - x0

    @property
    def factor(self) -> float:
        """Coded pixels a pixel of the grid, the larger of both sides."""
        return max(side / cells for side, cells in zip(self.size, self.grid, strict=True))

    def up(self, picture: Real, part: MaskBox) -> Real:
        """A part of the box, of a picture on the grid (rows x columns x C)."""
        return self._raised(picture, part, sharp=True)

    def up_smoothly(self, plane: Real, part: MaskBox) -> Real:
        """The same, linearly: nothing overshoots. For weights (rows x columns)."""
        return self._raised(plane[..., None], part, sharp=False)[..., 0]

    def down(self, picture: Real, part: MaskBox) -> Real:
        """What a part of the box (h x w x C) looks like on the grid; rows of `cells`."""
        top, left, bottom, right = self.cells(part)
        y0, x0, y1, x1 = self._inside(part)
        rows = averaging(self.size[0], self.grid[0])[top:bottom, y0:y1]
        columns = averaging(self.size[1], self.grid[1])[left:right, x0:x1]
        return _along(_whole(rows), _whole(columns), picture)

    def cells(self, part: MaskBox) -> MaskBox:
        """The box of the grid's pixels that a part touches."""
        y0, x0, y1, x1 = self._inside(part)
        (height, width), (rows, columns) = self.size, self.grid
        return y0 * rows // height, x0 * columns // width, -(-y1 * rows // height), -(-x1 * columns // width)

    def _raised(self, picture: Real, part: MaskBox, *, sharp: bool) -> Real:
        y0, x0, y1, x1 = self._inside(part)
        weights = sharpened if sharp else linear
        rows = weights(self.grid[0], self.size[0])[y0:y1]
        columns = weights(self.grid[1], self.size[1])[x0:x1]
        top, bottom = _used(rows)
        left, right = _used(columns)
        return _along(rows[:, top:bottom], columns[:, left:right], picture[top:bottom, left:right])

    def _inside(self, part: MaskBox) -> MaskBox:
        y0, x0, y1, x1 = part
        return y0 - self.box[0], x0 - self.box[1], y1 - self.box[0], x1 - self.box[1]


@lru_cache(maxsize=8)
def averaging(size: int, cells: int) -> Real:
    """cells x size: the mean over each cell's share of a side."""
    edges = np.arange(cells + 1) * (size / cells)
    starts = np.arange(size)
    covered = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.asarray(np.maximum(covered, 0) * (cells / size), np.float32)


@lru_cache(maxsize=8)
def sharpened(cells: int, size: int) -> Real:
    """size x cells: cubic weights U, times the inverse of what averaging A leaves of them: A U' is the identity."""
    if cells == size:
        return np.eye(size, dtype=np.float32)
    plain = _weights(cells, size, _keys, 2)
    exact = np.linalg.solve((averaging(size, cells).astype(np.float64) @ plain).T, plain.T).T
    exact[np.abs(exact) < _NOTHING] = 0
    return np.asarray(exact / exact.sum(axis=1, keepdims=True), np.float32)


@lru_cache(maxsize=8)
def linear(cells: int, size: int) -> Real:
    """size x cells, linear between the cells' middles."""
    return np.asarray(_weights(cells, size, lambda gap: np.maximum(1 - gap, 0), 1), np.float32)


def _weights(cells: int, size: int, kernel: _Kernel, reach: int) -> NDArray[np.float64]:
    """size x cells; beyond the ends the end goes on."""
    places = (np.arange(size) + 0.5) * (cells / size) - 0.5
    first = np.floor(places).astype(int)
    weights = np.zeros((size, cells))
    for step in range(1 - reach, reach + 1):
        at = np.clip(first + step, 0, cells - 1)
        np.add.at(weights, (np.arange(size), at), kernel(np.abs(places - first - step)))
    return weights


def _keys(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    near = ((_CUBIC + 2) * gap - (_CUBIC + 3)) * gap**2 + 1
    far = ((_CUBIC * gap - 5 * _CUBIC) * gap + 8 * _CUBIC) * gap - 4 * _CUBIC
    return np.where(gap < 1, near, np.where(gap < 2, far, 0))


def _used(weights: Real) -> tuple[int, int]:
    """From the first to behind the last column that counts."""
    columns = np.flatnonzero(weights.any(axis=0))
    return int(columns[0]), int(columns[-1]) + 1


def _whole(weights: Real) -> Real:
    """Rows that add up to one; a cell at the rim of a part is told by the share of it that lies in the part."""
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _along(rows: Real, columns: Real, picture: Real) -> Real:
    """Weights along both sides: h x m and w x n of a picture m x n x C, as h x w x C."""
    height, channels = picture.shape[0], picture.shape[2]
    wide = _banded(columns, picture.transpose(1, 0, 2).reshape(len(columns.T), -1))
    wide = wide.reshape(len(columns), height, channels).transpose(1, 0, 2)
    return _banded(rows, wide.reshape(height, -1)).reshape(len(rows), len(columns), channels)


def _banded(weights: Real, table: Real) -> Real:
    """The product of both, block by block of rows: most weights are nothing."""
    product = np.empty((len(weights), table.shape[1]), np.float32)
    for start in range(0, len(weights), _BLOCK):
        block = weights[start : start + _BLOCK]
        first, stop = _used(block)
        np.matmul(block[:, first:stop], table[first:stop], out=product[start : start + _BLOCK])
    return product
