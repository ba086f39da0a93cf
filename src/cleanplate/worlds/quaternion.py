"""Unit quaternions (x, y, z, w), as small functions on float64 arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanplate.worlds.scene import Quaternion, Vec3

Array = NDArray[np.float64]
UP: Vec3 = (0.0, 0.0, 1.0)


def multiply(a: ArrayLike, b: ArrayLike) -> Array:
    """First `b`, then `a`. Arrays of ... x 4; they broadcast."""
    ax, ay, az, aw = _parts(a)
    bx, by, bz, bw = _parts(b)
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def conjugate(q: ArrayLike) -> Array:
    """The rotation back."""
    return np.asarray(np.asarray(q, np.float64) * np.array([-1.0, -1.0, -1.0, 1.0]))


def rotate(q: ArrayLike, vectors: ArrayLike) -> Array:
    """Vectors ... x 3 turned by `q` (... x 4); they broadcast."""
    quaternions, points = np.asarray(q, np.float64), np.asarray(vectors, np.float64)
    axis, real = quaternions[..., :3], quaternions[..., 3:]
    across = 2.0 * _cross(axis, points)
    return np.asarray(points + real * across + _cross(axis, across))


def matrix(q: ArrayLike) -> Array:
    """The 3 x 3 rotation matrix of one quaternion."""
    return rotate(q, np.eye(3)).T


def from_matrix(rotation: ArrayLike) -> Array:
    """The quaternion, w >= 0, of a 3 x 3 rotation matrix (Shepperd's method: no division by what is small)."""
    m = np.asarray(rotation, np.float64)
    trace = float(np.trace(m))
    squares = np.array([m[0, 0], m[1, 1], m[2, 2], trace])
    largest = int(np.argmax(squares))
    q = np.empty(4)
    if largest == 3:
        q[:] = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1.0 + trace
    else:
        i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
        q[i] = 1.0 - trace + 2.0 * m[i, i]
        q[j], q[k], q[3] = m[j, i] + m[i, j], m[k, i] + m[i, k], m[k, j] - m[j, k]
    q /= np.linalg.norm(q)
    return q if q[3] >= 0 else -q


def about(axis: Sequence[float], angle: float) -> Quaternion:
    """Turned by `angle` radians about `axis`."""
    unit = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    x, y, z = (float(value) for value in unit * np.sin(angle / 2))
    return (x, y, z, float(np.cos(angle / 2)))


def rotation_vector(q: ArrayLike) -> Array:
    """Axis times angle (radians, at most pi), ... x 3."""
    quaternions = np.asarray(q, np.float64)
    signed = np.where(quaternions[..., 3:] < 0, -quaternions, quaternions)
    length = np.linalg.norm(signed[..., :3], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(length, signed[..., 3:])
    # Near no rotation at all, angle / length tends to 2.
    factor = np.divide(angle, length, out=np.full_like(length, 2.0), where=length > 1e-12)
    return np.asarray(signed[..., :3] * factor)


def angle_between(a: ArrayLike, b: ArrayLike) -> Array:
    """By how many radians the rotations differ, 0..pi."""
    return np.asarray(np.linalg.norm(rotation_vector(multiply(a, conjugate(b))), axis=-1))


def slerp(a: ArrayLike, b: ArrayLike, share: float) -> Array:
    """On the shortest way from `a` (share 0) to `b` (share 1), at even speed."""
    vector = rotation_vector(multiply(b, conjugate(a))) * share
    angle = float(np.linalg.norm(vector))
    return np.asarray(a, np.float64) if angle < 1e-12 else multiply(about(vector.tolist(), angle), a)


def as_vec3(values: ArrayLike) -> Vec3:
    """Three plain floats."""
    x, y, z = (float(value) for value in np.asarray(values, np.float64))
    return (x, y, z)


def as_quaternion(values: ArrayLike) -> Quaternion:
    """Four plain floats."""
    x, y, z, w = (float(value) for value in np.asarray(values, np.float64))
    return (x, y, z, w)


def _parts(values: ArrayLike) -> tuple[Array, ...]:
    array = np.asarray(values, np.float64)
    return tuple(array[..., place] for place in range(array.shape[-1]))


def _cross(a: Array, b: Array) -> Array:
    """Of ... x 3, as `np.cross`, which takes five times as long for single vectors."""
    (ax, ay, az), (bx, by, bz) = _parts(a), _parts(b)
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
