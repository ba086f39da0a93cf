"""Which meshes can be furniture: those that stand by themselves, and those on which others can stand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.bullet import simulate_rigid
from cleanplate.worlds.mesh_files import felt_mesh, seen_mesh
from cleanplate.worlds.scene import Body, Box, Camera, Mesh, Pose, Role, Scene

_SECONDS = 2
_TILT, _UPRIGHT = np.radians(2.0), np.radians(1.0)
"""By how much a thing is tilted as it is set down, and by how much it may be afterwards."""
_LEVEL = 0.02
"""Share of the height within which what is drawn of a top counts as level."""
_COVERED = 0.7
"""Share of the top that must be there, and not only what collides."""
_CAMERA = Camera(poses=(Pose(time=0.0, eye=(0.0, -5.0, 2.0), target=(0.0, 0.0, 0.0)),))


def stands(shape: Mesh, assets: Path) -> bool:
    """Whether a mesh that is set down a little askew comes to rest upright."""
    reach = float(np.hypot(shape.scale[0], shape.scale[1])) / 2
    body = Body(
        name="thing",
        shape=shape,
        position=(0.0, 0.0, shape.scale[2] / 2 + reach * float(np.sin(_TILT))),
        orientation=quaternion.as_quaternion(quaternion.about((1, 0, 0), _TILT)),
        friction=0.6,
    )
    floor = Body(name="floor", role=Role.SET, shape=Box(half=(5, 5, 0.5)), position=(0, 0, -0.5), mass=0, friction=0.8)
    scene = Scene(family="standing", seed=0, bodies=(floor, body), camera=_CAMERA, frames=12 * _SECONDS, rate=12.0)
    end = simulate_rigid(scene, assets=assets).orientations[-1, 1]
    return bool(quaternion.rotate(end, np.array([0.0, 0.0, 1.0]))[2] >= np.cos(_UPRIGHT))


def seat_of(shape: Mesh, assets: Path) -> float:
    """Half the width of the largest square around the middle of a level top; 0 where there is none."""
    drawn, felt = seen_mesh(shape, assets), felt_mesh(shape, assets)
    level = shape.scale[2] * (0.5 - _LEVEL)
    top = cv2.convexHull(felt.vertices[felt.vertices[:, 2] > level][:, :2].astype(np.float32))
    corners = drawn.vertices[drawn.faces]
    up = corners[(corners[..., 2] > level).all(axis=1)]
    area = float(_areas_from_above(up).clip(min=0).sum())
    if len(top) < 3 or area < _COVERED * cv2.contourArea(top):
        return 0.0
    low, high = 0.0, max(shape.scale)
    for _ in range(20):
        middle = (low + high) / 2
        inside = all(
            cv2.pointPolygonTest(top, (x * middle, y * middle), measureDist=False) >= 0
            for x in (-1, 1)
            for y in (-1, 1)
        )
        low, high = (middle, high) if inside else (low, middle)
    return low


def _areas_from_above(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of triangles (F x 3 x 3); those seen from below count less than nothing."""
    first, second = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    return np.asarray((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2)
