"""Triangle meshes: a few of the package's own, all convex and closed, and OBJ files under the user's assets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError

SIDES = 24
"""Into how many flat sides what is round is cut."""


@dataclass(frozen=True)
class TriangleMesh:
    """Corners and the triangles between them, seen from outside counter-clockwise.

    Attributes:
        vertices: V x 3 float64, metres.
        faces: F x 3 int64, places in `vertices`.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    def scaled(self, scale: tuple[float, float, float]) -> TriangleMesh:
        """The mesh with its three axes scaled."""
        return TriangleMesh(self.vertices * np.asarray(scale), self.faces)


def load_mesh(asset: str, assets: Path | None = None) -> TriangleMesh:
    """The mesh of that name: one of `OWN`, else the OBJ file of that path under `assets`.

    Raises:
        InputError: there is none, or the file is no whole mesh.
    """
    if asset in OWN:
        return OWN[asset]()
    if assets is None:
        raise InputError(
            f"no mesh is called '{asset}'",
            remedy=f"Use one of {', '.join(OWN)}, or name a folder of assets that holds it as an OBJ file.",
        )
    path = assets / asset
    if not path.resolve().is_relative_to(assets.resolve()):
        raise InputError("the asset lies outside the folder of assets", where=asset)
    if not path.is_file():
        raise InputError("the asset is missing", where=str(path), remedy="Put the OBJ file there.")
    return read_obj(path)


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


def read_obj(path: Path) -> TriangleMesh:
    """The triangles of a Wavefront OBJ file; faces of more corners are cut into fans, all else is passed over.

    Raises:
        InputError: with the line, when the file is no mesh: numbers that are none, corners that are not there, no
            face, or no volume at all.
    """
    vertices: list[list[float]] = []
    faces: list[list[int]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        kind, *words = line.split("#", 1)[0].split() or [""]
        try:
            if kind == "v":
                vertices.append([float(word) for word in words[:3]])
                if len(words) < 3 or not np.isfinite(vertices[-1]).all():
                    raise ValueError
            elif kind == "f":
                corners = [_corner(word, len(vertices)) for word in words]
                faces += [[corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1)]
        except ValueError:
            raise InputError(
                f"the mesh is broken at line {number}: '{line.strip()}'",
                where=str(path),
                remedy="Export it again as a triangle mesh in OBJ.",
            ) from None
    mesh = TriangleMesh(np.array(vertices, np.float64).reshape(-1, 3), np.array(faces, np.int64).reshape(-1, 3))
    if not len(faces) or float(np.ptp(mesh.vertices, axis=0).min()) <= 0:
        raise InputError("the mesh has no faces or is flat", where=str(path), remedy="Export it with its triangles.")
    return mesh


def _corner(word: str, count: int) -> int:
    """Place of a face's corner such as "3/1/2" or "-1". Raises ValueError when it is not there."""
    place = int(word.split("/", 1)[0])
    index = place - 1 if place > 0 else count + place
    if place == 0 or not 0 <= index < count:
        raise ValueError(word)
    return index
