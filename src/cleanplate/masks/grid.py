"""The coarse grid of the frame on which consequences are localised: pure functions between masks and cells.

8 cells on the shorter side, round(8 x aspect) on the longer (`reasoning.Grid.of`). The edge before cell i of n over
`size` pixels lies at floor(i x size / n), as measured on the masks published with VOID.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.reasoning import Cell, Grid
from cleanplate.masks.track import Mask, MaskBox


def cell_edges(size: int, cells: int) -> NDArray[np.int64]:
    """The cells + 1 edges, in pixels, of a side of `size` pixels; some cells are empty when size < cells."""
    return np.arange(cells + 1, dtype=np.int64) * size // cells


def cell_box(cell: Cell, grid: Grid, height: int, width: int) -> MaskBox:
    """(y0, x0, y1, x1) of one cell in pixels, ends exclusive."""
    rows, columns = cell_edges(height, grid.rows), cell_edges(width, grid.columns)
    row, column = cell
    return int(rows[row]), int(columns[column]), int(rows[row + 1]), int(columns[column + 1])


def cell_at(y: float, x: float, grid: Grid, height: int, width: int) -> Cell:
    """The cell that holds a point in pixels; points outside the frame go to the nearest cell."""
    row = int(np.searchsorted(cell_edges(height, grid.rows), y, side="right")) - 1
    column = int(np.searchsorted(cell_edges(width, grid.columns), x, side="right")) - 1
    return min(max(row, 0), grid.rows - 1), min(max(column, 0), grid.columns - 1)


def touched(mask: Mask, grid: Grid) -> NDArray[np.bool_]:
    """rows x columns: the cells in which the mask has any pixel."""
    rows, columns = _owners(mask.shape[0], grid.rows), _owners(mask.shape[1], grid.columns)
    by_column = np.zeros((mask.shape[0], grid.columns), dtype=np.bool_)
    ys, xs = np.nonzero(mask)
    by_column[ys, columns[xs]] = True
    cells = np.zeros((grid.rows, grid.columns), dtype=np.bool_)
    ys, cs = np.nonzero(by_column)
    cells[rows[ys], cs] = True
    return cells


def cells_of(mask: Mask, grid: Grid) -> tuple[Cell, ...]:
    """The touched cells in reading order."""
    return tuple((int(row), int(column)) for row, column in np.argwhere(touched(mask, grid)))


def fill(cells: NDArray[np.bool_], height: int, width: int) -> Mask:
    """H x W mask of whole cells from a rows x columns array."""
    rows, columns = _owners(height, cells.shape[0]), _owners(width, cells.shape[1])
    return cells[np.ix_(rows, columns)]


def fill_cells(cells: Iterable[Cell], grid: Grid, height: int, width: int) -> Mask:
    """H x W mask of the named cells."""
    array = np.zeros((grid.rows, grid.columns), dtype=np.bool_)
    for cell in cells:
        array[cell] = True
    return fill(array, height, width)


def gridify(mask: Mask, grid: Grid) -> Mask:
    """Every cell in which the mask has any pixel, whole."""
    return fill(touched(mask, grid), *mask.shape)


def cells_around(centre: Cell, size: Cell, grid: Grid) -> tuple[Cell, ...]:
    """The cells of a (rows, columns) block centred on a cell, clipped to the grid."""
    first_row, first_column = centre[0] - (size[0] - 1) // 2, centre[1] - (size[1] - 1) // 2
    return tuple(
        (row, column)
        for row in range(max(first_row, 0), min(first_row + size[0], grid.rows))
        for column in range(max(first_column, 0), min(first_column + size[1], grid.columns))
    )


def _owners(size: int, cells: int) -> NDArray[np.intp]:
    """The index of the cell that owns each pixel of a side."""
    return np.repeat(np.arange(cells), np.diff(cell_edges(size, cells)))
