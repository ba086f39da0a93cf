"""Which triangle of a mesh each sample of a picture meets: for surfaces that are another mesh on every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_SLACK = 1e-6
"""Of a triangle's own coordinates, so that no sample falls between two triangles."""


def rasterise(
    shot: Shot,
    vertices: NDArray[np.floating],
    faces: NDArray[np.integer],
    size: tuple[int, int],
    planes: tuple[float, float],
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Depth (H x W, metres along the optical axis, infinity for none) and number of the nearest triangle (-1 for none).

    What is not between the near and far planes with all three corners is not drawn.

    Args:
        vertices: V x 3, world.
        faces: F x 3.
        size: height, width; samples are the pixels' middles.
        planes: near, far.
    """
    corners, depths = shot.project(vertices, *size)
    seen = np.flatnonzero(((depths >= planes[0]) & (depths <= planes[1]))[faces].all(axis=1))
    # Reciprocal depth is even over the picture.
    value, number = lowest(corners[faces[seen]], -1 / depths[faces[seen]], size)
    number[number >= 0] = seen[number[number >= 0]]
    return np.where(number >= 0, -1 / value, np.float32(np.inf)), number


def lowest(triangles: Array, values: Array, size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """At each sample the least value over all triangles that cover it (H x W, infinity for none), and which (-1).

    By half-planes within each triangle's bounds (Pineda 1988), all triangles at once.

    Args:
        triangles: F x 3 x 2, x and y; samples lie at whole numbers.
        values: F x 3 at the corners; even in between.
    """
    height, width = size
    value, number = np.full(height * width, np.inf, np.float32), np.full(height * width, -1, np.int32)
    low = np.maximum(np.ceil(triangles.min(axis=1)), 0).astype(np.int64)
    high = np.minimum(np.floor(triangles.max(axis=1)), [width - 1, height - 1]).astype(np.int64)
    which, x, y = _samples(low, np.maximum(high - low + 1, 0))
    first = triangles[:, 0]
    (ax, ay), (bx, by) = (triangles[:, 1] - first).T, (triangles[:, 2] - first).T
    twice = ax * by - ay * bx
    area = np.where(np.abs(twice) < 1e-12, np.nan, twice)
    px, py = x - first[which, 0], y - first[which, 1]
    v = px * (by / area)[which] - py * (bx / area)[which]
    w = py * (ax / area)[which] - px * (ay / area)[which]
    met = np.flatnonzero((v >= -_SLACK) & (w >= -_SLACK) & (v + w <= 1 + _SLACK))
    which, v, w = which[met], v[met], w[met]
    start, along, across = values[:, 0], values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    here = (start[which] + v * along[which] + w * across[which]).astype(np.float32)
    place = y[met] * width + x[met]
    np.minimum.at(value, place, here)
    least = here == value[place]
    number[place[least]] = which[least]
    return value.reshape(size), number.reshape(size)


def _samples(low: Whole, spans: Whole) -> tuple[Whole, Whole, Whole]:
    """All samples of boxes from `low` (x, y), `spans` samples wide and high: number of the box, x and y."""
    counts = spans[:, 0] * spans[:, 1]
    which = np.repeat(np.arange(len(low)), counts)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(rank, spans[which, 0])
    return which, low[which, 0] + column, low[which, 1] + row
