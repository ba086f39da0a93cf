"""The ways of things over time, and within what may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.models.moving.rigid import Motion
from cleanplate.models.moving.things import Real, Thing

_SAME = 0.3
"""Overlap in the plate, of what two cover together, from which on a thing is that of the frame before."""
_REACH = 4
"""Frames to either side over which a way is steadied."""
_PARABOLA = 3
"""Coefficients: what falls stays on its way."""
_ROOM = 8
"""Pixels by which a thing is brought back into what may change, at most along each side."""
_STAYS = 0.25
"""Of a thing's side: pixels outside for which it is worth to be moved by one."""


def steadied(frames: Sequence[Sequence[Thing]]) -> list[list[Thing]]:
    """Each thing on the frames that have it goes and turns as parabolas through its neighbours in time do.

    Of every frame a model says something else; what is said of four at once jumps to what is said of the next.
    """
    steady = [list(things) for things in frames]
    for track in _tracks(frames):
        times = np.array([frame for frame, _ in track])
        things = [frames[frame][place] for frame, place in track]
        middles = np.array([thing.middle for thing in things])
        ways = np.array([thing.motion.forth(np.array(thing.middle)) - thing.middle for thing in things])
        turns = np.unwrap([np.angle(thing.motion.turn) for thing in things])
        for (frame, place), thing, middle, way, turn in zip(
            track, things, middles, parabolas(times, ways), parabolas(times, turns.astype(complex)).real, strict=True
        ):
            motion = Motion(complex(np.exp(1j * turn)), complex(middle), complex(middle + way))
            steady[frame][place] = replace(thing, motion=motion)
    return steady


def parabolas(times: NDArray[np.int64], values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """At each time the value of the parabola that fits best around it, near ones more (LOESS, Cleveland, JASA 1979)."""
    found = values.copy()
    for place, time in enumerate(times):
        far = np.abs(times - time) / (_REACH + 1)
        weights = np.sqrt(np.clip(1 - far**3, 0, None) ** 3)
        if np.count_nonzero(weights) > _PARABOLA:
            powers = np.vander(times - time, _PARABOLA, increasing=True) * weights[:, None]
            found[place] = np.linalg.lstsq(powers.astype(complex), values * weights, rcond=None)[0][0]
    return found


def kept_in(thing: Thing, may: NDArray[np.bool_]) -> Thing:
    """Moved by so little that as much of it as is worth it lies where something may change, H x W.

    Whoever marked what may change knew where things would be; what lies outside would be cut off.
    """
    drawn = thing.drawn()
    y, x = np.nonzero(drawn > _STAYS)
    if not len(y):
        return thing
    top, bottom, left, right = y.min(), y.max() + 1, x.min(), x.max() + 1
    outside = np.pad((~may).astype(np.float32), _ROOM, mode="edge")[top : bottom + 2 * _ROOM, left : right + 2 * _ROOM]
    shape = drawn[top:bottom, left:right]
    lost = cv2.matchTemplate(outside, shape, cv2.TM_CCORR)
    down, across = np.indices(lost.shape) - _ROOM
    cost = lost + _STAYS * np.sqrt(shape.sum()) * np.hypot(down, across)
    best = np.unravel_index(cost.argmin(), cost.shape)
    motion = replace(thing.motion, after=thing.motion.after + complex(across[best], down[best]))
    return replace(thing, motion=motion)


def _tracks(frames: Sequence[Sequence[Thing]]) -> list[list[tuple[int, int]]]:
    """Frame and place of each thing, on frames that follow each other."""
    tracks: list[list[tuple[int, int]]] = []
    last: dict[int, list[tuple[int, int]]] = {}
    for frame, things in enumerate(frames):
        before = frames[frame - 1] if frame else []
        pairs = [
            (_overlap(thing.place, old.place), n, m) for n, thing in enumerate(things) for m, old in enumerate(before)
        ]
        found: dict[int, list[tuple[int, int]]] = {}
        for alike, n, m in sorted(pairs, reverse=True):
            if alike > _SAME and n not in found and m in last:
                found[n] = last.pop(m)
        for n in range(len(things)):
            if n not in found:
                tracks.append([])
                found[n] = tracks[-1]
            found[n].append((frame, n))
        last = found
    return tracks


def _overlap(one: Real, other: Real) -> float:
    return float(np.minimum(one, other).sum() / max(float(np.maximum(one, other).sum()), 1.0))
