"""Where the cells of a grid go when a flow carries them: index arrays, and no noise yet.

Cells are numbered row by row, P = H·W of them. A flow is H x W x 2, (dx, dy) in cells from one frame to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
Moves = NDArray[np.float32]
"""H x W x 2, (dx, dy) in cells."""

OUTSIDE = -1


@dataclass(frozen=True)
class Paths:
    """The links between two frames' cells.

    Attributes:
        source, target: the cells that land, rising, and where each does.
        gone: P bool; leaves the picture.
        arrivals: P; how many cells land on each.
        holes: the cells on which none lands, rising.
        origin: for each hole the cell that it copies, or OUTSIDE.
    """

    source: Indices
    target: Indices
    gone: NDArray[np.bool_]
    arrivals: Indices
    holes: Indices
    origin: Indices


def find_paths(moves: Moves, *, published: bool = False) -> Paths:
    """Follow every cell forward; look backward from the cells that nothing reached.

    Backward, the motion is taken to be what it is at the hole itself.

    Args:
        published: cells that leave the picture land on their own places, as new noise, and so keep holes at the border
            from being filled by their neighbours. Otherwise they land nowhere.
    """
    cells = np.arange(moves.shape[0] * moves.shape[1])
    landed = landings(moves)
    gone = landed == OUTSIDE
    source = cells if published else np.flatnonzero(~gone)
    target = np.where(gone, cells, landed)[source]
    arrivals = np.bincount(target, minlength=len(cells))
    holes = np.flatnonzero(arrivals == 0)
    return Paths(source, target, gone, arrivals, holes, origins(moves, holes))


def landings(moves: Moves) -> Indices:
    """The cell on which each cell lands (P), by its motion rounded; OUTSIDE beyond the edges."""
    height, width = moves.shape[:2]
    # The motion is rounded, not the place: equal motions of half a cell then go the same way.
    steps = np.rint(moves)
    x = steps[..., 0] + np.arange(width, dtype=np.float32)
    y = steps[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return np.where(inside, y.astype(np.float64) * width + x, OUTSIDE).astype(np.intp).ravel()


def origins(moves: Moves, cells: Indices) -> Indices:
    """For each of `cells` the one nearest to where its motion comes from; OUTSIDE beyond the edges."""
    height, width = moves.shape[:2]
    steps = moves.reshape(-1, 2)[cells]
    row, column = np.divmod(cells, width)
    return _numbered(np.rint(column - steps[:, 0]), np.rint(row - steps[:, 1]), height, width)


def _numbered(x: NDArray[Any], y: NDArray[Any], height: int, width: int) -> Indices:
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = np.full(len(x), OUTSIDE)
    found[inside] = y[inside].astype(np.intp) * width + x[inside].astype(np.intp)
    return found
