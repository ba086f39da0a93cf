"""Triangle meshes, and a few of the package's own, all convex and closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDES = 24
"""Into how many flat sides what is round is cut."""


@dataclass(frozen=True)
class TriangleMesh:
    """Corners and the triangles between them, seen from outside counter-clockwise.

    Attributes:
        vertices: V x 3 float64, metres.
        faces: F x 3 int64, places in `vertices`.
        uvs: F x 3 x 2 float32, where the triangles' corners lie on the mesh's own picture, from its lower left; None
            for meshes without one.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    uvs: NDArray[np.float32] | None = None

    def scaled(self, scale: tuple[float, float, float]) -> TriangleMesh:
        """The mesh with its three axes scaled."""
        return TriangleMesh(self.vertices * np.asarray(scale), self.faces, self.uvs)


def wedge() -> TriangleMesh:
    """A ramp in the unit cube around the origin: its slope rises from -x to +x."""
    vertices = np.array(
        [[-0.5, -0.5, -0.5], [0.5, -0.5, -0.5], [0.5, -0.5, 0.5], [-0.5, 0.5, -0.5], [0.5, 0.5, -0.5], [0.5, 0.5, 0.5]]
    )
    faces = [[0, 1, 2], [3, 5, 4], [0, 3, 4], [0, 4, 1], [1, 4, 5], [1, 5, 2], [0, 2, 5], [0, 5, 3]]
    return TriangleMesh(vertices, np.array(faces, np.int64))


def frustum(bottom: float, top: float, sides: int = SIDES) -> TriangleMesh:
    """What lies between two regular polygons at z = -0.5 and z = 0.5, of these circumradii; top 0 is a point."""
    turns = np.arange(sides) * (2 * np.pi / sides) + np.pi / sides
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    lower = np.column_stack([bottom * ring, np.full(sides, -0.5)])
    here = np.arange(sides)
    after = (here + 1) % sides
    base = np.stack([np.zeros(sides - 2, int), here[2:], here[1:-1]], axis=-1)
    if top == 0:
        vertices = np.vstack([lower, [[0.0, 0.0, 0.5]]])
        faces = np.vstack([base, np.stack([here, after, np.full(sides, sides)], axis=-1)])
    else:
        vertices = np.vstack([lower, np.column_stack([top * ring, np.full(sides, 0.5)])])
        lid = np.stack([np.full(sides - 2, sides), here[1:-1] + sides, here[2:] + sides], axis=-1)
        walls = [
            np.stack([here, after, after + sides], axis=-1),
            np.stack([here, after + sides, here + sides], axis=-1),
        ]
        faces = np.vstack([base, lid, *walls])
    return TriangleMesh(vertices, faces.astype(np.int64))


OWN: dict[str, Callable[[], TriangleMesh]] = {
    "wedge": wedge,
    "cone": lambda: frustum(0.5, 0.0),
    "pot": lambda: frustum(0.35, 0.5),
    "bucket": lambda: frustum(0.5, 0.38),
    "pyramid": lambda: frustum(0.5**0.5, 0.0, 4),
    "hexagon": lambda: frustum(0.5, 0.5, 6),
    "prism": lambda: frustum(0.5, 0.5, 3),
}
"""Each about one metre high and wide, its middle at the origin; `Mesh.scale` gives the size."""
