"""Our conventions and Kubric's.

Both: metres, seconds, z up. Kubric: quaternions (w, x, y, z); a body's frame is that of its mass centre and principal
axes, since that is what PyBullet moves; the camera looks along -z, y up, with the focal length in millimetres of a
sensor 36 mm wide; depth is the distance from the eye; flow is (down, right) in pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import Shot
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.scene import Body

Array = NDArray[np.float64]

SENSOR = 36.0
"""Millimetres."""


def wxyz(orientation: ArrayLike) -> Array:
    """Kubric's order of our (x, y, z, w); ... x 4."""
    return np.roll(np.asarray(orientation, np.float64), 1, axis=-1)


def xyzw(orientation: ArrayLike) -> Array:
    """Our order of Kubric's (w, x, y, z); ... x 4."""
    return np.roll(np.asarray(orientation, np.float64), -1, axis=-1)


def centred(body: Body, position: ArrayLike, orientation: ArrayLike, assets: Path | None = None) -> tuple[Array, Array]:
    """Kubric's position and quaternion of a body at poses of its own frame; ... x 3 and ... x 4 (x, y, z, w)."""
    own = inertia(body, assets)
    place = np.asarray(position, np.float64) + quaternion.rotate(orientation, own.centre)
    return place, wxyz(quaternion.multiply(orientation, own.axes))


def uncentred(
    body: Body, position: ArrayLike, orientation: ArrayLike, assets: Path | None = None
) -> tuple[Array, Array]:
    """Our position and quaternion of a body at Kubric's; the inverse of `centred`."""
    own = inertia(body, assets)
    turned = quaternion.multiply(xyzw(orientation), quaternion.conjugate(own.axes))
    return np.asarray(position, np.float64) - quaternion.rotate(turned, own.centre), turned


def camera_pose(shot: Shot) -> tuple[Array, Array]:
    """Kubric's position and quaternion of the camera."""
    right, up, forward = shot.axes
    return shot.eye, wxyz(quaternion.from_matrix(np.stack([right, up, -forward], axis=1)))


def focal_length(shot: Shot, height: int, width: int) -> float:
    """Millimetres, on a sensor as wide as `SENSOR`."""
    return SENSOR / 2 / (shot.slope * width / height)


def along_axis(distance: NDArray[np.float32], shot: Shot) -> NDArray[np.float32]:
    """Our depth (H x W), along the optical axis, of Kubric's; what is as far as its nothing is infinity."""
    height, width = distance.shape
    longer = np.linalg.norm(shot.rays(height, width), axis=-1)
    return np.where(distance < 1e6, distance / longer, np.inf).astype(np.float32)
