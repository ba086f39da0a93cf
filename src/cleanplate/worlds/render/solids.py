"""Surfaces of the scene's shapes as meshes, for renderers that want triangles and quads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.inertia import FELT_AS
from cleanplate.worlds.mesh_files import seen_mesh
from cleanplate.worlds.scene import Box, Capsule, Cushion, Cylinder, Shape, Skin, Sphere, Water

_SIDES = 48
_RINGS = 24

Surface = tuple[NDArray[np.float64], list[list[int]], bool]
"""Vertices (V x 3), faces (places of vertices, counter-clockwise from outside), and whether it is round."""


def surface(shape: Shape, assets: Path | None = None) -> Surface:
    """The surface of a shape; of what is soft, a box around it. Raises InputError where a mesh is missing or broken."""
    if isinstance(shape, Box | Cushion | Water):
        return _box(shape.half)
    if isinstance(shape, Sphere):
        turns = np.linspace(-np.pi / 2, np.pi / 2, _RINGS + 1)
        return _turned(shape.radius * np.stack([np.cos(turns), np.sin(turns)], -1), round_=True)
    if isinstance(shape, Cylinder):
        radius, half = shape.radius, shape.height / 2
        return _turned(np.array([[0, -half], [radius, -half], [radius, half], [0, half]]), round_=False)
    if isinstance(shape, Capsule):
        turns = np.linspace(-np.pi / 2, np.pi / 2, _RINGS + 2)
        profile = shape.radius * np.stack([np.cos(turns), np.sin(turns)], -1)
        profile[:, 1] += np.where(turns < 0, -1, 1) * shape.height / 2
        return _turned(profile, round_=True)
    if isinstance(shape, Skin):
        return surface(FELT_AS)
    mesh = seen_mesh(shape, assets)
    return mesh.vertices, mesh.faces.tolist(), False


def _box(half: tuple[float, float, float]) -> Surface:
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
    faces = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return signs * half, faces, False


def _turned(profile: NDArray[np.float64], *, round_: bool) -> Surface:
    """A profile of (radius, z), from below, turned about z; its ends lie on the axis."""
    turns = np.arange(_SIDES) * 2 * np.pi / _SIDES
    ring = np.stack([np.cos(turns), np.sin(turns)], -1)
    middle = profile[1:-1]
    rings = np.concatenate([np.column_stack([r * ring, np.full(_SIDES, z)]) for r, z in middle])
    vertices = np.vstack([rings, [[0, 0, profile[0, 1]], [0, 0, profile[-1, 1]]]])
    last, bottom, top = (len(middle) - 1) * _SIDES, len(rings), len(rings) + 1
    faces = []
    for here in range(_SIDES):
        after = (here + 1) % _SIDES
        faces.append([bottom, after, here])
        faces.append([top, last + here, last + after])
        up = range(0, last, _SIDES)
        faces += [[row + here, row + after, row + _SIDES + after, row + _SIDES + here] for row in up]
    return vertices, faces, round_
