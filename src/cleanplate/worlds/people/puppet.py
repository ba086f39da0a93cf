"""A figure moved by what it means to do: where the hips are, where the feet stand, where the hands hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import ANKLE, HEIGHT, SIDES, height_of
from cleanplate.worlds.people.limbs import reach, twist_about_z
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

Angles = tuple[Array | float, Array | float, Array | float]
"""Radians about x, then y, then z: T each, or a number."""
_UNTURNED = np.array([0.0, 0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Grip:
    """Where a hand is to be: T x 3, the wrist's place, and T x 4, its orientation, both in the world."""

    wrist: Array
    turn: Array


@dataclass(frozen=True)
class Puppet:
    """What a figure means to do over T frames, in metres and radians.

    Attributes:
        hips: T x 3.
        facing: T, about the vertical; 0 looks along x.
        bends: of joints of trunk and arms, in their parents.
        feet: by side, T x 3 and T: where the sole's middle under the ankle is, and how far the heel is lifted over the
            toes; legs not named hang by `bends`.
        grips: by side; arms not named hang by `bends`.
        elbows: how far elbows point out, against backwards.
    """

    skeleton: Skeleton
    rate: float
    hips: Array
    facing: Array
    bends: Mapping[str, Angles] = field(default_factory=dict)
    feet: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    grips: Mapping[str, Grip] = field(default_factory=dict)
    elbows: float = 0.4

    def motion(self) -> Motion:
        """The motion that does it."""
        turns = np.tile(_UNTURNED, (len(self.hips), len(self.skeleton.names), 1))
        upright = _turned(0.0, 0.0, self.facing, len(self.hips))
        for name, angles in self.bends.items():
            turns[:, self.skeleton.index(name)] = _turned(*angles, len(self.hips))
        turns[:, 0] = quaternion.multiply(upright, turns[:, 0])
        motion = Motion(self.skeleton, self.rate, self.hips, turns)
        for side, (sole, heel) in self.feet.items():
            motion = planted(motion, side, sole, heel, self.facing)
        for side, grip in self.grips.items():
            motion = gripping(motion, side, grip, elbows=self.elbows)
        return motion


def planted(motion: Motion, side: str, sole: Array, heel: Array, facing: Array) -> Motion:
    """The same with one foot there (`Puppet.feet`)."""
    skeleton = motion.skeleton
    ankle = ANKLE * height_of(skeleton) / HEIGHT
    ahead = _turned(0.0, 0.0, facing, len(motion))
    toe = float(skeleton.offsets[skeleton.index(f"{side} toe")][0])
    pitched = quaternion.multiply(ahead, _turned(0.0, heel, 0.0, len(motion)))
    # A foot rolls over its ball when the heel goes up, and over the heel when the toes do.
    pivot = np.where(heel[:, None] > 0, [[toe, 0.0, 0.0]], [[-0.6 * ankle, 0.0, 0.0]])
    target = sole + quaternion.rotate(ahead, pivot) + quaternion.rotate(pitched, np.array([0.0, 0.0, ankle]) - pivot)
    positions, orientations = motion.world()
    hip, pelvis = positions[:, skeleton.index(f"{side} upleg")], orientations[:, skeleton.index("hips")]
    out = 0.12 if side == "left" else -0.12
    knees = quaternion.rotate(ahead, np.array([1.0, out, 0.0]))
    thigh, shin = reach(hip, target, _lengths(skeleton, side, "leg", "foot"), knees, forward=True)
    turns = motion.turns.copy()
    turns[:, skeleton.index(f"{side} upleg")] = _within(pelvis, thigh)
    turns[:, skeleton.index(f"{side} leg")] = _within(thigh, shin)
    turns[:, skeleton.index(f"{side} foot")] = _within(shin, pitched)
    return replace(motion, turns=turns)


def gripping(motion: Motion, side: str, grip: Grip, *, elbows: float = 0.4) -> Motion:
    """The same with one hand there; the forearm takes half of the wrist's twist."""
    skeleton = motion.skeleton
    positions, orientations = motion.world()
    chest = orientations[:, skeleton.index("chest")]
    sign = dict(SIDES)[side]
    away = quaternion.rotate(chest, np.array([-0.6, sign * elbows, -0.9]))
    start = positions[:, skeleton.index(f"{side} arm")]
    upper, lower = reach(start, grip.wrist, _lengths(skeleton, side, "forearm", "hand"), away, forward=False)
    twist = twist_about_z(_within(lower, grip.turn)) / 2
    zero = np.zeros_like(twist)
    lower = quaternion.multiply(lower, np.stack([zero, zero, np.sin(twist / 2), np.cos(twist / 2)], axis=-1))
    turns = motion.turns.copy()
    turns[:, skeleton.index(f"{side} arm")] = _within(
        orientations[:, skeleton.parents[skeleton.index(f"{side} arm")]], upper
    )
    turns[:, skeleton.index(f"{side} forearm")] = _within(upper, lower)
    turns[:, skeleton.index(f"{side} hand")] = _within(lower, grip.turn)
    return replace(motion, turns=turns)


def _lengths(skeleton: Skeleton, side: str, middle: str, end: str) -> tuple[float, float]:
    upper, lower = (float(np.linalg.norm(skeleton.offsets[skeleton.index(f"{side} {j}")])) for j in (middle, end))
    return upper, lower


def _within(parent: Array, child: Array) -> Array:
    return quaternion.multiply(quaternion.conjugate(parent), child)


def _turned(x: Array | float, y: Array | float, z: Array | float, frames: int) -> Array:
    """T x 4: about x, then about y, then about z."""
    total = np.tile(_UNTURNED, (frames, 1))
    for axis, angle in enumerate((x, y, z)):
        half = np.broadcast_to(np.asarray(angle, np.float64), (frames,)) / 2
        turn = np.zeros((frames, 4))
        turn[:, axis], turn[:, 3] = np.sin(half), np.cos(half)
        total = quaternion.multiply(turn, total)
    return total
