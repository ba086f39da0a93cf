"""Where a thing would go that nothing holds or stops: free fall and rolling out, in pixels and frames.

Pictures do not say how far away things are, so the scale of gravity is taken from the thing's own fall where that was
seen; otherwise the picture's shorter side is taken for `SHORT_SIDE_METRES`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GRAVITY = 9.81
"""Metres per second squared."""
SHORT_SIDE_METRES = 2.0
"""What the picture's shorter side is taken to span where nothing tells."""
ROLLING = 0.05
"""Deceleration of what rolls on, as a share of gravity, where its own slowing down was not seen."""
_ENOUGH = 5
"""Points from which an acceleration is told."""
_STRAY = 0.1
"""Root mean square distance from the fitted fall, as a share of the way, up to which it is believed."""
_TIMES = 8.0
"""How far an observed gravity may lie from the default one, either way, and still be one."""

Points = NDArray[np.float64]
"""N x 2, (x, y) in pixels."""


def default_gravity(short_side: float, rate: float) -> float:
    """Pixels per frame squared, for a picture whose shorter side has so many pixels, at `rate` frames a second."""
    return GRAVITY * short_side / SHORT_SIDE_METRES / rate**2


def observed_gravity(frames: Sequence[int], heights: Sequence[float], usual: float) -> float | None:
    """The acceleration of an observed fall in pixels per frame squared, by a parabola; None when it is no fall.

    Args:
        heights: how far along the direction of gravity the thing's centre was on each of the frames.
        usual: the acceleration that is expected where nothing tells.
    """
    if len(frames) < _ENOUGH:
        return None
    at = np.asarray(frames, np.float64) - frames[0]
    way = np.asarray(heights, np.float64)
    half, velocity, start = np.polyfit(at, way, 2)
    stray = float(np.sqrt(np.mean((np.polyval([half, velocity, start], at) - way) ** 2)))
    if stray > _STRAY * max(float(np.ptp(way)), 1e-9) or not usual / _TIMES <= 2 * half <= usual * _TIMES:
        return None
    return float(2 * half)


def fall(velocity: NDArray[np.float64], down: NDArray[np.float64], gravity: float, drop: float, frames: int) -> Points:
    """Displacements (x, y) on frames 0..frames of free flight that ends `drop` pixels down.

    Args:
        velocity: (x, y) per frame at the start.
        down: direction of gravity, of unit length.
        drop: along `down` to the first support; infinite where there is none.
    """
    time = np.arange(frames + 1, dtype=np.float64)[:, None]
    way = velocity * time + 0.5 * gravity * time**2 * down
    landed = np.flatnonzero(way @ down >= drop)
    if len(landed) and landed[0] > 0:
        first = int(landed[0])
        before, after = way[first - 1] @ down, way[first] @ down
        touch = way[first - 1] + (drop - before) / (after - before) * (way[first] - way[first - 1])
        way[first:] = touch + (drop - touch @ down) * down
    elif len(landed):
        way[:] = 0
    return np.asarray(way)


def roll(velocity: NDArray[np.float64], slowing: float, frames: int) -> Points:
    """Displacements (x, y) on frames 0..frames of what rolls straight on, slows down evenly, and stays.

    Args:
        velocity: (x, y) per frame at the start.
        slowing: pixels per frame squared.
    """
    speed = float(np.linalg.norm(velocity))
    if speed == 0:
        return np.zeros((frames + 1, 2))
    time = np.arange(frames + 1, dtype=np.float64)
    if slowing > 0:
        time = np.minimum(time, speed / slowing)
    way = speed * time - 0.5 * slowing * time**2
    return np.asarray(way[:, None] * (velocity / speed))


def observed_slowing(frames: Sequence[int], ways: Sequence[float]) -> float | None:
    """The even deceleration of what was seen rolling, in pixels per frame squared; None when too little was seen."""
    if len(frames) < _ENOUGH:
        return None
    at = np.asarray(frames, np.float64) - frames[0]
    half = float(np.polyfit(at, np.asarray(ways, np.float64), 2)[0])
    return max(-2 * half, 0.0)


def keyframes(way: Points, tolerance: float) -> list[int]:
    """Places of the points to keep so that straight, even motion between them errs by `tolerance` pixels at most."""
    kept = [0]
    while kept[-1] < len(way) - 1:
        first = kept[-1]
        last = first + 1
        while last + 1 < len(way) and _straight(way[first : last + 2], tolerance):
            last += 1
        kept.append(last)
    return kept


def _straight(part: Points, tolerance: float) -> bool:
    t = np.linspace(0, 1, len(part))[:, None]
    return bool(np.linalg.norm(part - ((1 - t) * part[0] + t * part[-1]), axis=1).max() <= tolerance)
