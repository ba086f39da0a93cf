"""Where a body that moves by itself is at a time: straight and evenly between keyframes, at rest before and after."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.scene import Body, Keyframe

Array = NDArray[np.float64]


def pose_at(path: Sequence[Keyframe], time: float) -> tuple[Array, Array]:
    """Position (3) and quaternion (4) at a time in seconds; `path` has at least one keyframe, in order of time."""
    times = [key.time for key in path]
    after = int(np.searchsorted(times, time, side="right"))
    if after in (0, len(path)):
        key = path[0 if after == 0 else -1]
        return np.array(key.position), np.array(key.orientation)
    a, b = path[after - 1], path[after]
    share = (time - a.time) / (b.time - a.time)
    position = np.array(a.position) * (1 - share) + np.array(b.position) * share
    return position, quaternion.slerp(a.orientation, b.orientation, share)


def start_of(body: Body) -> tuple[Array, Array]:
    """Position and quaternion of a body when the scene starts."""
    return pose_at(body.path, 0.0) if body.path else (np.array(body.position), np.array(body.orientation))


def fastest(path: Sequence[Keyframe]) -> float:
    """The highest speed (m/s) along a path."""
    return max(
        (
            float(np.linalg.norm(np.subtract(b.position, a.position))) / (b.time - a.time)
            for a, b in pairwise(path)
            if b.time > a.time
        ),
        default=0.0,
    )
