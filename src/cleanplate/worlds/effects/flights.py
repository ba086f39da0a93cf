"""How crumbs, droplets and puffs go on after they were thrown, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

BOUNCES = 4
"""After so many a crumb lies still."""


def flights(
    start: Array, velocity: Array, level: Array, times: Array, gravity: ArrayLike, *, bounce: float, grip: float
) -> Array:
    """T x N x 3: parabolas that start over again, weaker, where they meet the ground.

    Args:
        start, velocity: N x 3, metres and metres a second.
        level: N, height of the ground; what starts below it stays on it.
        times: T, seconds since the start, of which negative ones count as 0.
        gravity: 3, downwards.
        bounce: share of the speed upwards that a bounce leaves.
        grip: share of the speed sideways that it takes away.
    """
    pull = np.asarray(gravity, np.float64)
    place, speed, began = start.copy(), velocity.copy(), np.zeros(len(start))
    place[:, 2] = np.maximum(place[:, 2], level)
    ways = np.empty((len(times), len(start), 3))
    for _ in range(BOUNCES + 1):
        passed = np.maximum(times[:, None] - began, 0)[..., None]
        arc = place + speed * passed + pull * passed**2 / 2
        ways = np.where((times[:, None] >= began)[..., None] | (began == 0)[None, :, None], arc, ways)
        aloft = falls(place[:, 2] - level, speed[:, 2], -pull[2])
        place = place + speed * aloft[:, None] + pull * aloft[:, None] ** 2 / 2
        place[:, 2] = level
        speed = (speed + pull * aloft[:, None]) * (1 - grip, 1 - grip, -bounce)
        began = began + aloft
    return np.where((times[:, None] >= began)[..., None], place, ways)


def falls(height: Array, rise: Array, gravity: float) -> Array:
    """Seconds until what is at a height and rises at a speed is down at 0."""
    pull = max(gravity, 1e-3)
    return np.asarray((rise + np.sqrt(rise**2 + 2 * pull * np.maximum(height, 0))) / pull)


def drifts(start: Array, velocity: Array, times: Array, *, drag: Array, lift: Array) -> Array:
    """T x N x 3: what the air brakes and carries upwards.

    The speed falls to its share 1 / e in 1 / `drag` seconds; meanwhile it rises to `lift` metres a second upwards.
    """
    passed = np.maximum(times[:, None], 0) if times.ndim == 1 else np.maximum(times, 0)
    braked = (1 - np.exp(-drag * passed)) / drag
    ways = start + velocity * braked[..., None]
    ways[..., 2] += lift * (passed - braked)
    return np.asarray(ways)


def fading(times: Array, *, life: Array) -> Array:
    """Shares that are left: 1 at the start, ever less, 0 from `life` seconds on."""
    left = np.clip(1 - times / life, 0, 1)
    return np.asarray(left**1.5)
