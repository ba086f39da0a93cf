"""The visible surface of water: a sheet through the heights that the simulation left."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.protocols import Deforming, Trajectories
from cleanplate.worlds.scene import Scene, Water


def waters(scene: Scene, rigid: Trajectories) -> dict[str, Deforming]:
    """The surfaces of all bodies that are water."""
    there = [body for body in scene.bodies if body.name in rigid.levels]
    return {body.name: _sheet(body.shape, rigid, body.name) for body in there if isinstance(body.shape, Water)}


def _sheet(shape: Water, rigid: Trajectories, name: str) -> Deforming:
    """Vertices in the middles of the cells, and around them a border as high that reaches to the walls."""
    levels, place = rigid.levels[name], rigid.positions[:, rigid.index(name)]
    heights = np.pad(levels, ((0, 0), (1, 1), (1, 1)), mode="edge")
    y, x = (_line(half, count) for half, count in zip(shape.half[1::-1], levels.shape[1:], strict=True))
    rest = np.stack([*np.meshgrid(x, y), np.full((len(y), len(x)), shape.half[2])], axis=-1).astype(np.float32)
    vertices = np.broadcast_to(rest, (len(levels), *rest.shape)).copy()
    vertices[..., 2] += heights
    vertices = vertices.reshape(len(levels), -1, 3) + place[:, None].astype(np.float32)
    corner = (np.arange(len(y) - 1)[:, None] * len(x) + np.arange(len(x) - 1)).ravel()
    right, up = corner + 1, corner + len(x)
    faces = np.concatenate([np.stack([corner, right, up + 1], axis=1), np.stack([corner, up + 1, up], axis=1)])
    return Deforming(vertices, faces.astype(np.int32), rest.reshape(-1, 3))


def _line(half: float, count: int) -> NDArray[np.float64]:
    """Middles of so many cells between -half and half, and both ends."""
    middles = ((np.arange(count) + 0.5) / count * 2 - 1) * half
    return np.concatenate([[-half], middles, [half]])
