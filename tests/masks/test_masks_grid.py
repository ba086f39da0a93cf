"""The grid: which cells a mask touches, and back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate.masks import grid as g
from cleanplate.masks.reasoning import Grid

sizes = st.tuples(st.integers(1, 60), st.integers(1, 60))


@st.composite
def gridded(draw: Any, count: int = 1) -> Any:
    height, width = draw(sizes)
    return Grid.of(height, width), *(draw(hnp.arrays(np.bool_, (height, width))) for _ in range(count))


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    [(2160, 3840, 8, 14), (720, 1296, 8, 14), (1080, 1080, 8, 8), (3840, 2160, 14, 8), (1080, 1440, 8, 11)],
)
def test_grid_of_a_frame(height: int, width: int, rows: int, columns: int) -> None:
    assert Grid.of(height, width) == Grid(rows=rows, columns=columns)


def test_edges_are_those_of_the_published_masks() -> None:
    """Edges read off VOID's published 3840 x 2160 quadmasks (the first row and column of grey areas)."""
    columns, rows = g.cell_edges(3840, 14), g.cell_edges(2160, 8)
    assert [columns[i] for i in (1, 2, 7, 8, 9, 10, 12, 13)] == [274, 548, 1920, 2194, 2468, 2742, 3291, 3565]
    assert [rows[i] for i in (1, 2, 3, 4, 5)] == [270, 540, 810, 1080, 1350]


@given(gridded())
def test_touched_against_a_plain_loop(case: Any) -> None:
    grid, mask = case
    expected = np.zeros((grid.rows, grid.columns), dtype=bool)
    for row in range(grid.rows):
        for column in range(grid.columns):
            y0, x0, y1, x1 = g.cell_box((row, column), grid, *mask.shape)
            expected[row, column] = mask[y0:y1, x0:x1].any()
    assert np.array_equal(g.touched(mask, grid), expected)
    assert g.cells_of(mask, grid) == tuple(map(tuple, np.argwhere(expected).tolist()))


@given(gridded())
def test_gridify_covers_and_is_idempotent(case: Any) -> None:
    grid, mask = case
    whole = g.gridify(mask, grid)
    assert np.all(whole >= mask)
    assert np.array_equal(g.gridify(whole, grid), whole)
    assert np.array_equal(g.fill_cells(g.cells_of(mask, grid), grid, *mask.shape), whole)


@given(gridded(2))
def test_gridify_is_monotone_and_keeps_unions(case: Any) -> None:
    grid, a, b = case
    assert np.all(g.gridify(a | b, grid) >= g.gridify(a, grid))
    assert np.array_equal(g.gridify(a | b, grid), g.gridify(a, grid) | g.gridify(b, grid))


@given(st.integers(8, 200), st.integers(8, 200), st.floats(0, 0.999), st.floats(0, 0.999))
def test_cell_at_finds_the_box_that_holds_the_point(height: int, width: int, v: float, u: float) -> None:
    grid = Grid.of(height, width)
    y, x = v * height, u * width
    y0, x0, y1, x1 = g.cell_box(g.cell_at(y, x, grid, height, width), grid, height, width)
    assert y0 <= y < y1
    assert x0 <= x < x1


def test_points_outside_go_to_the_nearest_cell() -> None:
    grid = Grid.of(80, 80)
    assert g.cell_at(-5, 500, grid, 80, 80) == (0, 7)


def test_blocks_are_centred_and_clipped() -> None:
    grid = Grid(rows=8, columns=14)
    assert g.cells_around((3, 3), (1, 1), grid) == ((3, 3),)
    assert g.cells_around((3, 3), (3, 3), grid)[0] == (2, 2)
    assert g.cells_around((3, 3), (3, 3), grid)[-1] == (4, 4)
    assert g.cells_around((0, 13), (3, 3), grid) == ((0, 12), (0, 13), (1, 12), (1, 13))
