"""A triangle mesh of where a field is zero: naive surface nets (Gibson, MICCAI 1998), drawn onto the surface."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.meshes import TriangleMesh

Array = NDArray[np.float64]
Field = Callable[[Array], Array]
"""Signed distances (N, metres, negative inside) at points (N x 3)."""

_CORNERS = np.array(list(product((0, 1), repeat=3)))
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]
_STEPS = 3


def surface_of(field: Field, low: Array, high: Array, cell: float) -> TriangleMesh:
    """The closed surface of what is inside, in the box from `low` to `high`, which must hold it all.

    Args:
        cell: metres, about the length of an edge.
    """
    counts = np.ceil((high - low) / cell).astype(int) + 3
    axes = [low[k] + cell * (np.arange(counts[k]) - 1) for k in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = field(grid.reshape(-1, 3)).reshape(grid.shape[:3])
    cells, offsets = _crossings(values)
    number = np.full(np.array(values.shape) - 1, -1)
    number[tuple(cells.T)] = np.arange(len(cells))
    vertices = _drawn(field, low + cell * (cells - 1 + offsets), cell)
    return TriangleMesh(vertices, _faces(values, number, vertices))


def _crossings(values: Array) -> tuple[NDArray[np.intp], Array]:
    """Cells (N x 3) through which the surface goes, and the mean place (N x 3, in cells) where it cuts their edges."""
    shape = np.array(values.shape) - 1
    corners = np.stack(
        [values[tuple(slice(c, c + n) for c, n in zip(corner, shape, strict=True))] for corner in _CORNERS]
    )
    mixed = (corners < 0).any(axis=0) & (corners >= 0).any(axis=0)
    cells = np.argwhere(mixed)
    at = corners[:, mixed]
    total, count = np.zeros((len(cells), 3)), np.zeros(len(cells))
    for a, b in _EDGES:
        cut = (at[a] < 0) != (at[b] < 0)
        share = np.where(cut, at[a] / np.where(cut, at[a] - at[b], 1.0), 0.0)
        total += cut[:, None] * (_CORNERS[a] + share[:, None] * (_CORNERS[b] - _CORNERS[a]))
        count += cut
    return cells, total / count[:, None]


def _drawn(field: Field, vertices: Array, cell: float) -> Array:
    """The vertices moved down the field's slope onto the surface, by less than a cell."""
    step = 0.05 * cell
    for _ in range(_STEPS):
        value = field(vertices)
        slope = np.stack(
            [field(vertices + step * axis) - field(vertices - step * axis) for axis in np.eye(3)], axis=-1
        ) / (2 * step)
        steep = np.maximum((slope**2).sum(-1), 0.1)
        vertices = vertices - np.clip(value / steep, -0.4 * cell, 0.4 * cell)[:, None] * slope
    return vertices


def _faces(values: Array, number: NDArray[np.intp], vertices: Array) -> NDArray[np.int64]:
    """Two triangles for each edge of the grid that the surface cuts, along the shorter diagonal."""
    quads = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        here = np.moveaxis(values, (axis, u, v), (0, 1, 2)) < 0
        around = np.moveaxis(number, (axis, u, v), (0, 1, 2))
        a, i, j = np.nonzero(here[:-1, 1:-1, 1:-1] != here[1:, 1:-1, 1:-1])
        ring = np.stack([around[a, i, j], around[a, i + 1, j], around[a, i + 1, j + 1], around[a, i, j + 1]], axis=-1)
        inwards = ~here[a, i + 1, j + 1]
        quads.append(np.where(inwards[:, None], ring[:, ::-1], ring))
    quad = np.concatenate(quads)
    corner = vertices[quad]
    first = np.linalg.norm(corner[:, 0] - corner[:, 2], axis=1) <= np.linalg.norm(corner[:, 1] - corner[:, 3], axis=1)
    halves = np.where(first[:, None], quad[:, [0, 1, 2, 0, 2, 3]], quad[:, [0, 1, 3, 1, 2, 3]])
    return halves.reshape(-1, 3).astype(np.int64)
