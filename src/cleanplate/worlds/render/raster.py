"""Which triangle of a mesh each sample of a picture meets: for surfaces that are another mesh on every frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot

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

    By half-planes within each triangle's bounds (Pineda 1988), all triangles at once. What is not between the near and
    far planes with all three corners is not drawn.

    Args:
        vertices: V x 3, world.
        faces: F x 3.
        size: height, width; samples are the pixels' middles.
        planes: near, far.
    """
    height, width = size
    corners, corner_depths = shot.project(vertices, height, width)
    depth, number = np.full(height * width, np.inf, np.float32), np.full(height * width, -1, np.int32)
    inside = ((corner_depths >= planes[0]) & (corner_depths <= planes[1]))[faces].all(axis=1)
    numbers = np.flatnonzero(inside)
    triangles, nearness = corners[faces[numbers]], 1 / corner_depths[faces[numbers]]
    low = np.maximum(np.ceil(triangles.min(axis=1)), 0).astype(np.int64)
    high = np.minimum(np.floor(triangles.max(axis=1)), [width - 1, height - 1]).astype(np.int64)
    spans = np.maximum(high - low + 1, 0)
    which, x, y = _samples(low, spans)
    first = triangles[:, 0]
    (ax, ay), (bx, by) = (triangles[:, 1] - first).T, (triangles[:, 2] - first).T
    twice = ax * by - ay * bx
    area = np.where(np.abs(twice) < 1e-12, np.inf, twice)
    px, py = x - first[which, 0], y - first[which, 1]
    v = px * (by / area)[which] - py * (bx / area)[which]
    w = py * (ax / area)[which] - px * (ay / area)[which]
    met = np.flatnonzero((v >= -_SLACK) & (w >= -_SLACK) & (v + w <= 1 + _SLACK) & np.isfinite(area)[which])
    which, v, w = which[met], v[met], w[met]
    # Reciprocal depth is even over the picture.
    start, along, across = nearness[:, 0], nearness[:, 1] - nearness[:, 0], nearness[:, 2] - nearness[:, 0]
    met_depth = (1 / (start[which] + v * along[which] + w * across[which])).astype(np.float32)
    place = y[met] * width + x[met]
    np.minimum.at(depth, place, met_depth)
    nearest = met_depth == depth[place]
    number[place[nearest]] = numbers[which[nearest]]
    return depth.reshape(size), number.reshape(size)


def _samples(
    low: NDArray[np.int64], spans: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All samples of boxes from `low` (x, y), `spans` samples wide and high: number of the box, x and y."""
    counts = spans[:, 0] * spans[:, 1]
    which = np.repeat(np.arange(len(low)), counts)
    rank = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(rank, spans[which, 0])
    return which, low[which, 0] + column, low[which, 1] + row
