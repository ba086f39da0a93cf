"""Where hands go to hold a thing: at its sides, under it, or flat against it."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import SIDES
from cleanplate.worlds.people.puppet import Grip, gripping
from cleanplate.worlds.people.skeleton import Array, Motion

PALM = 0.021
"""Metres from the middle of a hand to what its palm lies on."""
_FINGERS = 0.065
"""Metres from the wrist to the middle of the palm."""
_ACROSS = (0.0, 1.0, 0.0)


def at_its_sides(motion: Motion, middle: Array, aside: float, *, pitch: float = 0.0) -> Motion:
    """The same with the hands on both sides of a thing in front, fingers ahead.

    Args:
        middle: T x 3, of the thing.
        aside: metres from there to its sides.
        pitch: radians by which the fingers point down.
    """
    ahead = quaternion.multiply(facing(motion), quaternion.about(_ACROSS, pitch - np.pi / 2))
    for side, sign in SIDES:
        motion = _laid(motion, side, middle, (0.0, sign * (aside + PALM), 0.0), ahead, elbows=0.5)
    return motion


def under_it(motion: Motion, bottom: Array, apart: float) -> Motion:
    """The same with the palms up under a thing: `bottom` (T x 3) is the middle of its foot."""
    ahead = quaternion.multiply(facing(motion), quaternion.about(_ACROSS, -np.pi / 2))
    for side, sign in SIDES:
        turn = quaternion.multiply(ahead, quaternion.about((0, 0, 1), sign * np.pi / 2))
        motion = _laid(motion, side, bottom, (0.0, sign * apart, -PALM), turn, elbows=0.3)
    return motion


def against_it(motion: Motion, face: Array, apart: float) -> Motion:
    """The same with the palms against a face that looks along -x, fingers up: `face` (T x 3) is between them."""
    for side, sign in SIDES:
        turn = quaternion.multiply(quaternion.about((0, 0, 1), sign * np.pi / 2), quaternion.about(_ACROSS, np.pi))
        turns = np.tile(turn, (len(motion), 1))
        palm = face + np.array([-PALM - 0.001, sign * apart, 0.0])
        motion = _gripped(motion, side, palm, turns, elbows=0.9)
    return motion


def facing(motion: Motion) -> Array:
    """T x 4: about the vertical, where the hips look."""
    ahead = quaternion.rotate(motion.turns[:, 0], np.array([1.0, 0.0, 0.0]))
    half = np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0])) / 2
    zero = np.zeros_like(half)
    return np.stack([zero, zero, np.sin(half), np.cos(half)], axis=-1)


def in_front(motion: Motion, ahead: float, level: float) -> Array:
    """T x 3: what stays `ahead` metres in front of the hips at a height, rising and sinking half as much as they do."""
    place = motion.root + quaternion.rotate(facing(motion), np.array([ahead, 0.0, 0.0]))
    place[:, 2] = level + 0.5 * (motion.root[:, 2] - motion.root[0, 2])
    return place


def _laid(
    motion: Motion, side: str, middle: Array, place: tuple[float, float, float], turn: Array, *, elbows: float
) -> Motion:
    """One palm at a place beside `middle`, as the hips see it; `turn` is the hand's orientation."""
    palm = middle + quaternion.rotate(facing(motion), np.array(place))
    return _gripped(motion, side, palm, turn, elbows=elbows)


def _gripped(motion: Motion, side: str, palm: Array, turn: Array, *, elbows: float) -> Motion:
    """One hand with the middle of its palm there."""
    wrist = palm + quaternion.rotate(turn, np.array([0.0, 0.0, _FINGERS]))
    return gripping(motion, side, Grip(wrist, turn), elbows=elbows)
