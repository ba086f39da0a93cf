"""The convex hull of many points: what a scanned mesh collides as."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.meshes import TriangleMesh

Array = NDArray[np.float64]

DIRECTIONS = 300
"""In which the farthest points are looked for; the hull has so many corners at most."""
_FLAT = 1e-6
"""Share of the points' extent by which a point must stand out of a face."""


def hull(points: Array) -> TriangleMesh:
    """A closed convex mesh around points (N x 3), counter-clockwise from outside.

    Of many points those count that are farthest in one of `DIRECTIONS` directions. They are added one by one, the
    farthest first; each takes the place of the faces that it sees.

    Raises:
        ValueError: all points lie in one plane.
    """
    corners = points[farthest(points)]
    slack = _FLAT * float(np.ptp(points, axis=0).max())
    faces = _tetrahedron(corners, slack)
    left = np.setdiff1d(np.arange(len(corners)), np.unique(faces))
    while len(left):
        normals, offsets = _planes(corners, faces)
        out = corners[left] @ normals.T - offsets
        highest = out.max(axis=1)
        best = int(np.argmax(highest))
        if highest[best] <= slack:
            break
        faces = _with(faces, int(left[best]), out[best] > slack)
        left = np.delete(left[highest > slack], int(np.count_nonzero(highest[:best] > slack)))
    used, places = np.unique(faces, return_inverse=True)
    return TriangleMesh(corners[used], places.reshape(-1, 3).astype(np.int64))


def farthest(points: Array) -> NDArray[np.intp]:
    """Places of those points that are the farthest in some direction (a Fibonacci lattice, and the six axes)."""
    turn = np.arange(DIRECTIONS) * (np.pi * (3 - np.sqrt(5)))
    height = 1 - (2 * np.arange(DIRECTIONS) + 1) / DIRECTIONS
    out = np.sqrt(1 - height**2)
    ways = np.vstack([np.stack([out * np.cos(turn), out * np.sin(turn), height], axis=-1), np.eye(3), -np.eye(3)])
    extent = np.maximum(np.ptp(points, axis=0), 1e-12)
    # Of a flat thing as many directions count on its narrow sides as on its broad ones.
    return np.unique([int(np.argmax((points / extent) @ way)) for way in ways])


def _tetrahedron(points: Array, slack: float) -> NDArray[np.int64]:
    first = int(np.argmin(points[:, 0]))
    second = int(np.argmax(np.linalg.norm(points - points[first], axis=1)))
    line = points[second] - points[first]
    third = int(np.argmax(np.linalg.norm(np.cross(points - points[first], line), axis=1)))
    normal = np.cross(line, points[third] - points[first])
    height = (points - points[first]) @ (normal / max(float(np.linalg.norm(normal)), 1e-300))
    fourth = int(np.argmax(np.abs(height)))
    if abs(height[fourth]) <= slack:
        raise ValueError("all points lie in one plane")
    if height[fourth] > 0:
        second, third = third, second
    a, b, c, d = first, second, third, fourth
    return np.array([[a, b, c], [a, d, b], [b, d, c], [c, d, a]], np.int64)


def _planes(points: Array, faces: NDArray[np.int64]) -> tuple[Array, Array]:
    """Unit normals (F x 3) and how far from the origin along them (F)."""
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    return normals, np.einsum("fc,fc->f", normals, a)


def _with(faces: NDArray[np.int64], point: int, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The faces that a new point does not see, and new ones from it to the edge of what it sees."""
    gone = faces[seen]
    edges = np.vstack([gone[:, [0, 1]], gone[:, [1, 2]], gone[:, [2, 0]]])
    known = {(a, b) for a, b in edges.tolist()}
    rim = [(a, b, point) for a, b in edges.tolist() if (b, a) not in known]
    return np.vstack([faces[~seen], np.array(rim, np.int64)])
