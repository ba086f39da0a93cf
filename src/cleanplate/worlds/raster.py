"""Which triangle of a mesh each sample of a picture meets: for surfaces that are another mesh on every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_SLACK = 1e-6
"""Of a sample's width, so that no sample falls between two triangles."""


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

    Row by row between a triangle's edges, all triangles at once.

    Args:
        triangles: F x 3 x 2, x and y; samples lie at whole numbers.
        values: F x 3 at the corners; even in between.
    """
    height, width = size
    value, number = np.full(height * width, np.inf, np.float32), np.full(height * width, -1, np.int32)
    first = triangles[:, 0]
    (ax, ay), (bx, by) = (triangles[:, 1] - first).T, (triangles[:, 2] - first).T
    area = ax * by - ay * bx
    flat = np.abs(area) < 1e-12
    which, x, y = _samples(triangles, size)
    which, x, y = (one[~flat[which]] for one in (which, x, y))
    # A plane through the corners: values are even in between.
    low, along, across = values[:, 0], values[:, 1] - values[:, 0], values[:, 2] - values[:, 0]
    area[flat] = 1.0
    right, down = (along * by - across * ay) / area, (across * ax - along * bx) / area
    start = low - right * first[:, 0] - down * first[:, 1]
    here = (start[which] + right[which] * x + down[which] * y).astype(np.float32)
    place = y * width + x
    np.minimum.at(value, place, here)
    least = here == value[place]
    number[place[least]] = which[least]
    return value.reshape(size), number.reshape(size)


def _samples(triangles: Array, size: tuple[int, int]) -> tuple[Whole, Whole, Whole]:
    """All samples within triangles: number of the triangle, x and y."""
    height, width = size
    top = np.maximum(np.ceil(triangles[..., 1].min(axis=1) - _SLACK), 0).astype(np.int64)
    bottom = np.minimum(np.floor(triangles[..., 1].max(axis=1) + _SLACK), height - 1).astype(np.int64)
    line, y = _counted(top, bottom)
    low, high = np.full(len(line), np.inf), np.full(len(line), -np.inf)
    for corner in range(3):
        a, b = triangles[:, corner], triangles[:, (corner + 1) % 3]
        rise = b[:, 1] - a[:, 1]
        level = np.abs(rise) < _SLACK
        slope = (b[:, 0] - a[:, 0]) / np.where(level, 1.0, rise)
        share = (y - a[line, 1]) / np.where(level, 1.0, rise)[line]
        crossed = (share >= -_SLACK) & (share <= 1 + _SLACK) & ~level[line]
        x = a[line, 0] + (y - a[line, 1]) * slope[line]
        low = np.where(crossed, np.minimum(low, x), low)
        high = np.where(crossed, np.maximum(high, x), high)
    left = np.maximum(np.ceil(np.clip(low, -1, width) - _SLACK), 0).astype(np.int64)
    right = np.minimum(np.floor(np.clip(high, -1, width) + _SLACK), width - 1).astype(np.int64)
    row, x = _counted(left, right)
    return line[row], x, y[row]


def _counted(first: Whole, last: Whole) -> tuple[Whole, Whole]:
    """All whole numbers of several runs, ends included: which run, and the number."""
    counts = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(first)), counts)
    return which, np.arange(len(which)) + np.repeat(first - np.cumsum(counts) + counts, counts)
