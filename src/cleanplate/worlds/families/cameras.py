"""Cameras that keep the action in the frame: fixed, panning, orbiting, zooming and hand-held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.quaternion import as_vec3
from cleanplate.worlds.scene import Camera, Pose, Vec3

Array = NDArray[np.float64]

KINDS = ("fixed", "panning", "orbiting", "zooming", "hand-held")
SHARES = (0.3, 0.15, 0.2, 0.15, 0.2)
AZIMUTH = (-130.0, -50.0)
"""Degrees: the camera stands on the -y side."""
ELEVATION = (9.0, 32.0)
ORBIT = (10.0, 32.0)
PAN = (0.1, 0.25)
"""Share of half the frame's width."""
ZOOM = (0.7, 0.9)
SHAKE = (0.01, 0.03)
FIELD = (0.55, 0.85)
"""Vertical field of view, radians."""
ASPECT = 1.7
"""Width over height for which the action fits; wider frames show more."""
MARGIN = (0.72, 0.9)
"""Share of the frame that the action may fill."""


def film(points: Sequence[Vec3], seconds: float, rng: np.random.Generator, kind: str | None = None) -> Camera:
    """A camera for `seconds` that sees all points at every time, of a kind of `KINDS` or one by chance."""
    kind = kind or str(rng.choice(KINDS, p=SHARES))
    field, margin = float(rng.uniform(*FIELD)), float(rng.uniform(*MARGIN))
    azimuth, elevation = rng.uniform(*AZIMUTH), np.radians(rng.uniform(*ELEVATION))
    sweep = rng.choice([-1.0, 1.0]) * rng.uniform(*ORBIT) if kind == "orbiting" else 0.0
    pan = float(rng.choice([-1.0, 1.0]) * rng.uniform(*PAN)) if kind == "panning" else 0.0
    zoom = float(rng.uniform(*ZOOM)) if kind == "zooming" else 1.0
    cloud = np.asarray(points, np.float64)
    target = (cloud.min(axis=0) + cloud.max(axis=0)) / 2
    turns = np.radians(np.clip(azimuth + np.linspace(-sweep / 2, sweep / 2, 3), *AZIMUTH))
    views = [np.array([np.cos(t) * np.cos(elevation), np.sin(t) * np.cos(elevation), np.sin(elevation)]) for t in turns]
    room = margin * zoom * (1 - abs(pan))
    distance = max(_distance(cloud - target, view, field, room) for view in views)
    poses = []
    for view, share in zip(views, (-1.0, 0.0, 1.0), strict=True):
        side = _frame(view)[0] * share * pan * distance * np.tan(field / 2) * ASPECT
        eye = target + distance * view
        time = (share + 1) / 2 * seconds
        poses.append(Pose(time=time, eye=as_vec3(eye), target=as_vec3(target + side)))
    shake = float(rng.uniform(*SHAKE)) if kind == "hand-held" else 0.0
    still = kind in ("fixed", "zooming", "hand-held")
    return Camera(
        poses=tuple(poses[:1] if still else poses),
        fov=field,
        zoom=zoom if rng.random() < 0.5 else 1.0 / zoom,
        shake=shake,
        shake_seed=int(rng.integers(2**31)),
    )


def _frame(view: Array) -> tuple[Array, Array]:
    """Right and up of a camera that looks against `view`."""
    right = np.cross([0.0, 0.0, 1.0], view)
    right /= np.linalg.norm(right)
    return right, np.cross(view, right)


def _distance(points: Array, view: Array, field: float, room: float) -> float:
    """The least distance at which all points lie within the share `room` of the frame."""
    right, up = _frame(view)
    tall = np.tan(field / 2) * room
    wanted = np.maximum(np.abs(points @ right) / (tall * ASPECT), np.abs(points @ up) / tall)
    return float(max((wanted + points @ view).max(), 1.0))
