"""Arms and legs that reach a place: two bones and the hinge between them, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.skeleton import Array

_STRAIGHTEST = 0.9995
"""Share of its length to which a limb stretches at most: a straight one could bend to any side."""


def reach(
    root: ArrayLike, target: ArrayLike, lengths: tuple[float, float], towards: ArrayLike, *, forward: bool
) -> tuple[Array, Array]:
    """World orientations (T x 4 each) of the upper and the lower bone of a limb that hangs along -z when unturned.

    Args:
        root, target: T x 3, metres: where it starts and where its end shall be; what is too far is reached for.
        lengths: of both bones.
        towards: T x 3: where the elbow or knee points.
        forward: that joint points along its own x, as a knee does, or against it, as an elbow does.
    """
    start, end, pole = (np.asarray(values, np.float64) for values in (root, target, towards))
    way = end - start
    distance = np.linalg.norm(way, axis=-1, keepdims=True)
    along = way / np.maximum(distance, 1e-9)
    upper, lower = lengths
    span = np.clip(distance, abs(upper - lower) + 1e-6, (upper + lower) * _STRAIGHTEST)
    share = (upper**2 - lower**2 + span**2) / (2 * span)
    beside = pole - (pole * along).sum(-1, keepdims=True) * along
    beside = beside / np.maximum(np.linalg.norm(beside, axis=-1, keepdims=True), 1e-9)
    middle = start + share * along + np.sqrt(np.maximum(upper**2 - share**2, 0.0)) * beside
    finish = start + span * along
    front = beside if forward else -beside
    return _frame(start - middle, front), _frame(middle - finish, front)


def _frame(upwards: Array, front: Array) -> Array:
    """Orientations (T x 4) whose z is `upwards` and whose x is as near to `front` as can be."""
    z = upwards / np.linalg.norm(upwards, axis=-1, keepdims=True)
    y = np.cross(z, front)
    y = y / np.maximum(np.linalg.norm(y, axis=-1, keepdims=True), 1e-9)
    return from_axes(np.cross(y, z), y, z)


def from_axes(x: Array, y: Array, z: Array) -> Array:
    """T x 4: the orientations with these axes (T x 3 each), each a quaternion next to the one before it."""
    rows = np.stack([x, y, z], axis=-1)
    turns = np.stack([quaternion.from_matrix(matrix) for matrix in rows])
    flips = np.cumprod(np.where((turns[1:] * turns[:-1]).sum(-1) < 0, -1.0, 1.0))
    turns[1:] *= flips[:, None]
    return turns


def twist_about_z(turn: Array) -> Array:
    """T: by how many radians orientations (T x 4) turn about z, before they swing."""
    return 2 * np.arctan2(turn[..., 2], np.abs(turn[..., 3])) * np.where(turn[..., 3] < 0, -1.0, 1.0)
