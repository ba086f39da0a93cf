"""A few motions by rule, on a skeleton of our own: what people do when no motion capture is at hand.

A person faces along x. Angles bend about y: positive turns a hanging limb backwards, negative lifts it to the front.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_BONES: tuple[tuple[str, str, tuple[float, float, float]], ...] = (
    ("hips", "", (0, 0, 0)),
    ("spine", "hips", (0, 0, 0.10)),
    ("chest", "spine", (0, 0, 0.22)),
    ("neck", "chest", (0, 0, 0.25)),
    ("head", "neck", (0, 0, 0.10)),
    ("head top", "head", (0, 0, 0.20)),
    *(
        (
            f"{side} {joint}",
            parent and f"{side} {parent}" if parent not in {"chest", "hips"} else parent,
            (x, y * sign, z),
        )
        for side, sign in (("left", 1), ("right", -1))
        for joint, parent, (x, y, z) in (
            ("shoulder", "chest", (0, 0.06, 0.20)),
            ("arm", "shoulder", (0, 0.14, 0)),
            ("forearm", "arm", (0, 0, -0.28)),
            ("hand", "forearm", (0, 0, -0.25)),
            ("fist", "hand", (0, 0, -0.09)),
            ("upleg", "hips", (0, 0.10, -0.02)),
            ("leg", "upleg", (0, 0, -0.42)),
            ("foot", "leg", (0, 0, -0.42)),
            ("toe", "foot", (0.14, 0, -0.05)),
        )
    ),
)
_STANDING = 0.91
"""Height of the hips above the floor, in metres."""
_STRIDE = 1.35
Bends = Mapping[str, float | Array]
Act = Callable[[Array], tuple[Array, Bends]]


def figure() -> Skeleton:
    """The skeleton that `perform` moves."""
    names = tuple(name for name, _, _ in _BONES)
    parents = tuple(names.index(parent) if parent else -1 for _, parent, _ in _BONES)
    return Skeleton(names, parents, np.array([offset for _, _, offset in _BONES], np.float64))


def perform(act: str, *, seconds: float, rate: float) -> Motion:
    """One of `ACTS`. Raises KeyError for another name."""
    skeleton = figure()
    times = np.arange(round(seconds * rate) + 1) / rate
    root, bends = ACTS[act](times)
    turns = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (len(times), len(skeleton.names), 1))
    for name, angle in bends.items():
        half = np.broadcast_to(np.asarray(angle, np.float64), times.shape) / 2
        zero = np.zeros_like(half)
        turns[:, skeleton.index(name)] = np.stack([zero, np.sin(half), zero, np.cos(half)], axis=-1)
    return Motion(skeleton, rate, root, turns)


def stand(times: Array) -> tuple[Array, Bends]:
    """Standing, breathing."""
    return _at(times), {"chest": 0.02 * np.sin(2 * times), "left forearm": -0.15, "right forearm": -0.15}


def walk(times: Array) -> tuple[Array, Bends]:
    """Walking forwards."""
    phase = 2 * np.pi * times / 1.1
    swing = np.sin(phase)
    root = _at(times, x=_STRIDE / 1.1 * times, z=_STANDING + 0.02 * np.abs(np.cos(phase)) - 0.02)
    return root, {
        **_legs(phase),
        "left arm": 0.45 * swing,
        "right arm": -0.45 * swing,
        "left forearm": -0.35,
        "right forearm": -0.35,
    }


def hold(times: Array) -> tuple[Array, Bends]:
    """Standing with both hands held out in front."""
    return _at(times), {"chest": 0.02 * np.sin(2 * times), **_arms_out(-1.0, -0.5)}


def carry(times: Array) -> tuple[Array, Bends]:
    """Walking with both hands held out in front."""
    root, bends = walk(times)
    return root, {**bends, **_arms_out(-0.9, -0.6)}


def push(times: Array) -> tuple[Array, Bends]:
    """Leaning forwards and walking slowly, arms straight ahead."""
    phase = 2 * np.pi * times / 1.5
    return _at(times, x=0.5 * times, z=_STANDING - 0.03), {**_legs(phase, 0.6), "spine": 0.35, **_arms_out(-1.75, -0.1)}


def sit(times: Array) -> tuple[Array, Bends]:
    """Sitting still, hands on the thighs."""
    still = {f"{side} {joint}": angle for side in ("left", "right") for joint, angle in (("upleg", -1.5), ("leg", 1.5))}
    return _at(times, z=0.47), {**still, **_arms_out(-0.5, -0.8), "chest": 0.03 * np.sin(1.5 * times)}


ACTS: dict[str, Act] = {"stand": stand, "walk": walk, "hold": hold, "carry": carry, "push": push, "sit": sit}
"""What each act is called."""


def _at(times: Array, x: float | Array = 0.0, z: float | Array = _STANDING) -> Array:
    return np.stack([np.broadcast_to(value, times.shape) for value in (x, 0.0, z)], axis=-1).astype(np.float64)


def _legs(phase: Array, vigour: float = 1.0) -> dict[str, Array]:
    bends = {}
    for side, step in (("left", phase), ("right", phase + np.pi)):
        bends[f"{side} upleg"] = -0.5 * vigour * np.sin(step)
        bends[f"{side} leg"] = 0.5 * vigour * (1 + np.sin(step - 1.0))
        bends[f"{side} foot"] = -0.2 * vigour * np.sin(step - 0.5)
    return bends


def _arms_out(shoulder: float, elbow: float) -> dict[str, float]:
    return {
        f"{side} {joint}": angle
        for side in ("left", "right")
        for joint, angle in (("arm", shoulder), ("forearm", elbow))
    }


def turned(motion: Motion, angle: float, place: tuple[float, float]) -> Motion:
    """The same from another place (x, y), turned by `angle` radians about the vertical."""
    turn = quaternion.about((0, 0, 1), angle)
    turns = motion.turns.copy()
    turns[:, 0] = quaternion.multiply(turn, turns[:, 0])
    root = quaternion.rotate(turn, motion.root) + np.array([*place, 0.0])
    return Motion(motion.skeleton, motion.rate, root, turns)
