"""What people do when no motion capture is at hand: standing, walking, pushing, sitting, kicking.

A person starts at the origin and faces along x. Feet that stand do not slide; the knees follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import HEIGHT, SIDES, STANDING, figure, height_of
from cleanplate.worlds.people.puppet import Angles, Puppet
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_STEP = 1.0
"""Seconds of two steps at an easy pace, for somebody of the standard height."""
_FLIGHT = 0.4
"""Share of two steps for which a foot is in the air."""
_WIDE = 0.085
"""Metres of a foot beside the middle."""
_RELAXED = 0.008
"""Metres by which the hips stand lower than with straight knees."""


@dataclass(frozen=True)
class Manner:
    """How somebody moves.

    Attributes:
        speed: metres a second.
        phase: 0..1, where in their step they are at first.
        lean: radians of the trunk to the front.
        arms: how far they swing, against the usual.
    """

    speed: float = 1.2
    phase: float = 0.0
    lean: float = 0.04
    arms: float = 1.0


def stand(skeleton: Skeleton, times: Array, rate: float, manner: Manner) -> Puppet:
    """Standing, the weight going from leg to leg, breathing, looking about."""
    scale = height_of(skeleton) / HEIGHT
    sway = 0.02 * scale * np.sin(2 * np.pi * (times / 4.1 + manner.phase))
    hips = np.stack([0 * times, sway, 0 * times + (STANDING - _RELAXED) * scale - 0.15 * np.abs(sway)], axis=-1)
    breath = 0.015 * np.sin(2 * np.pi * (times / 3.3 + manner.phase))
    look = 0.18 * np.sin(2 * np.pi * (times / 5.3 + 2 * manner.phase))
    bends: dict[str, Angles] = {
        "hips": (0.8 * sway, manner.lean, 0.0),
        "spine": (-0.6 * sway, breath, 0.0),
        "neck": (0.0, -manner.lean, 0.5 * look),
        "head": (0.0, 0.05, 0.5 * look),
        **_hanging(0 * times, manner),
    }
    feet = {side: (_beside(side, scale, times), 0 * times) for side, _ in SIDES}
    return Puppet(skeleton, rate, hips, 0 * times, bends, feet)


def walk(skeleton: Skeleton, times: Array, rate: float, manner: Manner) -> Puppet:
    """Walking ahead at an even speed."""
    return stride(skeleton, times, rate, manner, manner.speed * times)


def stride(skeleton: Skeleton, times: Array, rate: float, manner: Manner, ahead: Array) -> Puppet:
    """Walking so that the hips are `ahead` (T, metres), never backwards; where they rest, the feet do."""
    scale = height_of(skeleton) / HEIGHT
    length = _step_length(manner.speed, scale)
    cycle = ahead / length + manner.phase
    feet = {}
    swing = np.sin(2 * np.pi * cycle)
    for (side, _), offset in zip(SIDES, (0.0, 0.5), strict=True):
        place, lift, heel = _footfall(cycle - offset)
        sole = _beside(side, scale, times)
        sole[:, 0] = (place + offset - manner.phase) * length
        sole[:, 2] = 0.09 * scale * lift
        feet[side] = (sole, heel)
    # Both legs span most when both feet stand: there the hips are lowest.
    span = (feet["left"][0] - feet["right"][0])[:, 0]
    drop = 0.86 * scale - np.sqrt(np.maximum((0.86 * scale) ** 2 - (span / 2) ** 2, 0.0))
    sway = -0.018 * scale * np.sin(2 * np.pi * cycle + 0.6)
    hips = np.stack([ahead, sway, (STANDING - _RELAXED) * scale - 0.9 * drop], axis=-1)
    turn = 0.07 * np.cos(2 * np.pi * cycle)
    bends: dict[str, Angles] = {
        "hips": (0.03 * swing, manner.lean / 2, turn),
        "spine": (-0.03 * swing, manner.lean / 2, -0.8 * turn),
        "chest": (0.0, 0.0, -1.0 * turn),
        "neck": (0.0, -manner.lean * 0.6, 0.4 * turn),
        "head": (0.0, 0.03, 0.4 * turn),
        **_hanging(np.cos(2 * np.pi * cycle) * min(manner.speed, 1.6) / 1.3, manner),
    }
    return Puppet(skeleton, rate, hips, 0 * times, bends, feet)


def sit(
    skeleton: Skeleton, times: Array, rate: float, manner: Manner, *, seat: float = 0.45, girth: float = 1.0
) -> Puppet:
    """Sitting on a seat of that height (metres), feet on the floor, hands on the thighs, looking about.

    The hips are above the seat by the flesh between, which grows with `girth` (`scene.Build`).
    """
    scale = height_of(skeleton) / HEIGHT
    breath = 0.02 * np.sin(2 * np.pi * (times / 3.3 + manner.phase))
    look = 0.25 * np.sin(2 * np.pi * (times / 4.7 + manner.phase))
    hips = np.stack([0 * times, 0 * times, 0 * times + seat + (0.07 + 0.088 * girth) * scale], axis=-1)
    bends: dict[str, Angles] = {
        "hips": (0.0, -0.12, 0.0),
        "spine": (0.0, 0.16 + breath, 0.0),
        "neck": (0.0, 0.0, 0.5 * look),
        "head": (0.0, 0.03, 0.5 * look),
        **{f"{side} arm": (sign * 0.1, -0.35 + breath, 0.0) for side, sign in SIDES},
        **{f"{side} forearm": (0.0, -0.95, 0.0) for side, _ in SIDES},
    }
    feet = {}
    for side, sign in SIDES:
        sole = np.stack([0 * times + 0.43 * scale, 0 * times + sign * 0.13 * scale, 0 * times], axis=-1)
        feet[side] = (sole, 0 * times)
    return Puppet(skeleton, rate, hips, 0 * times, bends, feet)


def kick(skeleton: Skeleton, times: Array, rate: float, manner: Manner, *, moment: float = 0.8) -> Puppet:
    """Standing and kicking with the right foot; it is farthest ahead shortly after `moment` (seconds)."""
    scale = height_of(skeleton) / HEIGHT
    puppet = stand(skeleton, times, rate, manner)
    keys = np.array([-0.75, -0.35, -0.15, 0.0, 0.13, 0.45, 0.75]) + moment
    ahead = np.interp(times, keys, [0.0, -0.34, -0.30, 0.16, 0.50, 0.18, 0.0])
    lift = np.interp(times, keys, [0.0, 0.16, 0.14, 0.03, 0.16, 0.05, 0.0])
    heel = np.interp(times, keys, [0.0, 0.9, 0.8, 0.1, -0.25, 0.0, 0.0])
    sole = _beside("right", scale, times)
    sole[:, 0] += scale * ahead
    sole[:, 2] += scale * lift
    weight = np.interp(times, keys, [0.0, 1.0, 1.0, 1.0, 1.0, 0.7, 0.0])
    hips = puppet.hips.copy()
    hips[:, 1] += 0.05 * scale * weight
    hips[:, 0] += 0.12 * scale * ahead
    hips[:, 2] -= 0.035 * scale * weight
    bends: dict[str, Angles] = {
        **puppet.bends,
        "hips": (0.0, -0.3 * ahead, -0.5 * ahead),
        "spine": (0.0, 0.35 * ahead, 0.4 * ahead),
        "left arm": (0.35 * weight, -1.2 * ahead, 0.0),
        "right arm": (-0.35 * weight, 1.2 * ahead, 0.0),
    }
    return Puppet(skeleton, rate, hips, puppet.facing, bends, {**puppet.feet, "right": (sole, heel)})


Act = Callable[[Skeleton, Array, float, Manner], Puppet]
ACTS: dict[str, Act] = {"stand": stand, "walk": walk, "sit": sit, "kick": kick}
"""What each act is called."""


def perform(
    act: str, *, seconds: float, rate: float, skeleton: Skeleton | None = None, manner: Manner | None = None
) -> Motion:
    """One of `ACTS`. Raises KeyError for another name."""
    return ACTS[act](skeleton or figure(), moments(seconds, rate), rate, manner or Manner()).motion()


def moments(seconds: float, rate: float) -> Array:
    """Times of the frames, in seconds, both ends included."""
    return np.arange(round(seconds * rate) + 1) / rate


def turned(motion: Motion, angle: float, place: tuple[float, float]) -> Motion:
    """The same from another place (x, y), turned by `angle` radians about the vertical."""
    turn = quaternion.about((0, 0, 1), angle)
    turns = motion.turns.copy()
    turns[:, 0] = quaternion.multiply(turn, turns[:, 0])
    root = quaternion.rotate(turn, motion.root) + np.array([*place, 0.0])
    return Motion(motion.skeleton, motion.rate, root, turns)


def _step_length(speed: float, scale: float) -> float:
    """Metres of two steps: those who go fast take longer ones."""
    return scale * _STEP * (0.35 + 0.75 * speed)


def _footfall(cycle: Array) -> tuple[Array, Array, Array]:
    """Where a foot is (in double steps), how high (0..1), and how far its heel is lifted (radians)."""
    whole = np.floor(cycle)
    share = cycle - whole
    air = np.clip((share - (1 - _FLIGHT)) / _FLIGHT, 0, 1)
    # It stands under the hips halfway through its stance, and flies by a whole double step.
    place = whole + (1 - _FLIGHT) / 2 + air * air * (3 - 2 * air)
    lift = np.sin(np.pi * air) ** 2 * (1 - 0.4 * air)
    off = np.clip((share - (1 - _FLIGHT) * 0.72) / ((1 - _FLIGHT) * 0.28), 0, 1)
    heel = np.where(air > 0, np.interp(air, [0.0, 0.25, 0.75, 1.0], [0.5, 0.75, -0.25, 0.0]), 0.5 * off * off)
    return place, lift, heel


def _beside(side: str, scale: float, times: Array) -> Array:
    sole = np.zeros((len(times), 3))
    sole[:, 1] = dict(SIDES)[side] * _WIDE * scale
    return sole


def _hanging(swing: Array, manner: Manner) -> dict[str, Angles]:
    """Arms that hang and swing against the legs."""
    bends: dict[str, Angles] = {}
    for side, sign in SIDES:
        mine = sign * swing * manner.arms
        bends[f"{side} arm"] = (sign * 0.11, 0.4 * mine - 0.02, 0.0)
        bends[f"{side} forearm"] = (0.0, -0.28 + 0.18 * np.minimum(mine, 0.0), 0.0)
        bends[f"{side} hand"] = (0.0, -0.06, sign * 0.15)
    return bends
