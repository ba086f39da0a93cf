"""The camera path as pure maths: smooth through its poses, with zoom and a hand-held shake.

Pixels: the middle of the top left pixel is (0, 0), x to the right, y down. Depth: metres along the optical axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanplate.worlds.scene import Camera, Scene, Vec3

Array = NDArray[np.float64]

_WAVES = 5
"""Sines that make up the shake of one axis."""


@dataclass(frozen=True)
class Shot:
    """The camera at one moment.

    Attributes:
        eye: metres.
        axes: 3 x 3, its rows the unit vectors right, up and forward.
        slope: tangent of half the vertical field of view.
    """

    eye: Array
    axes: Array
    slope: float

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Shot)
            and np.array_equal(self.eye, other.eye)
            and np.array_equal(self.axes, other.axes)
            and self.slope == other.slope
        )

    __hash__ = None  # type: ignore[assignment]

    def project(self, points: ArrayLike, height: int, width: int) -> tuple[Array, Array]:
        """Pixels (... x 2, x and y) and depth (...) of points in the world (... x 3); what lies behind has no sense."""
        return self.project_directions(np.asarray(points, np.float64) - self.eye, height, width)

    def project_directions(self, directions: ArrayLike, height: int, width: int) -> tuple[Array, Array]:
        """Pixels and depth of what lies in these directions from the eye (... x 3)."""
        seen = np.asarray(directions, np.float64) @ self.axes.T
        depth = seen[..., 2]
        focal = height / 2 / self.slope
        with np.errstate(divide="ignore", invalid="ignore"):
            x = focal * seen[..., 0] / depth + (width - 1) / 2
            y = (height - 1) / 2 - focal * seen[..., 1] / depth
        return np.stack([x, y], axis=-1), depth

    def rays(self, height: int, width: int) -> Array:
        """H x W x 3: the way from the eye to what a pixel's middle shows, for a depth of one metre."""
        focal = height / 2 / self.slope
        x = (np.arange(width) - (width - 1) / 2) / focal
        y = ((height - 1) / 2 - np.arange(height)) / focal
        right, up, forward = self.axes
        return np.asarray(x[None, :, None] * right + y[:, None, None] * up + forward)

    def view_matrix(self) -> Array:
        """4 x 4, from the world to OpenGL's camera (looking along -z)."""
        right, up, forward = self.axes
        rotation = np.stack([right, up, -forward])
        matrix = np.eye(4)
        matrix[:3, :3] = rotation
        matrix[:3, 3] = -rotation @ self.eye
        return matrix

    def projection_matrix(self, height: int, width: int, near: float, far: float) -> Array:
        """4 x 4, OpenGL's perspective."""
        matrix = np.zeros((4, 4))
        matrix[0, 0] = height / width / self.slope
        matrix[1, 1] = 1 / self.slope
        matrix[2, 2] = (far + near) / (near - far)
        matrix[2, 3] = 2 * far * near / (near - far)
        matrix[3, 2] = -1.0
        return matrix


def shot_at(scene: Scene, frame: int) -> Shot:
    """The camera on a frame."""
    camera, time = scene.camera, frame / scene.rate
    last = (scene.frames - 1) / scene.rate
    eye, target = pose_at(camera, time)
    share = min(max(time / last, 0.0), 1.0) if last > 0 else 0.0
    slope = float(np.tan(min(camera.fov * camera.zoom**share, 2.8) / 2))
    if camera.shake:
        rng = np.random.default_rng([camera.shake_seed, 0x5AE])
        eye = eye + camera.shake * _wander(rng, time)
        target = target + camera.shake * _wander(rng, time)
    return looking(eye, target, slope)


def looking(eye: ArrayLike, target: ArrayLike, slope: float) -> Shot:
    """The camera at `eye` that looks at `target`, upright."""
    start = np.asarray(eye, np.float64)
    forward = np.asarray(target, np.float64) - start
    forward = forward / max(float(np.linalg.norm(forward)), 1e-9)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.9999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return Shot(start, np.stack([right, np.cross(right, forward), forward]), slope)


def pose_at(camera: Camera, time: float) -> tuple[Array, Array]:
    """Eye and target without shake; before the first pose and after the last one the camera rests."""
    times = [pose.time for pose in camera.poses]
    return (
        _through(times, [pose.eye for pose in camera.poses], time),
        _through(times, [pose.target for pose in camera.poses], time),
    )


def _through(times: Sequence[float], values: Sequence[Vec3], time: float) -> Array:
    """A cubic Hermite curve through the values, its slopes those of the neighbours (Catmull and Rom 1974)."""
    points = np.asarray(values, np.float64)
    after = int(np.searchsorted(times, time, side="right"))
    if after in (0, len(times)):
        return np.asarray(points[0 if after == 0 else -1])
    before, span = after - 1, times[after] - times[after - 1]
    t = (time - times[before]) / span
    start, end = (_tangent(times, points, place) * span for place in (before, after))
    square, cube = t * t, t * t * t
    return np.asarray(
        (2 * cube - 3 * square + 1) * points[before]
        + (cube - 2 * square + t) * start
        + (3 * square - 2 * cube) * points[after]
        + (cube - square) * end
    )


def _tangent(times: Sequence[float], points: Array, place: int) -> Array:
    """Metres a second at a pose; two poses alone are joined by a straight and even way."""
    low, high = max(place - 1, 0), min(place + 1, len(times) - 1)
    return np.asarray((points[high] - points[low]) / (times[high] - times[low]))


def _wander(rng: np.random.Generator, time: float) -> Array:
    """Three axes of slow sines, about one metre at most."""
    rate = rng.uniform(0.3, 3.0, (_WAVES, 3))
    phase = rng.uniform(0, 2 * np.pi, (_WAVES, 3))
    weight = 1 / (1 + rate)
    return np.asarray((weight * np.sin(2 * np.pi * rate * time + phase)).sum(axis=0) / weight.sum(axis=0))
