"""Anybody's motion on our figure: its joints go where theirs went, its bones are as long as theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import ANKLE, HEIGHT, SIDES, figure, height_of
from cleanplate.worlds.people.joints import HANDS, roles
from cleanplate.worlds.people.limbs import from_axes
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_SURE = 0.06
"""Share of a limb by which it must bend for its own plane to count against the usual one."""
_TALLEST = 1.75
_PLAUSIBLE = (1.3, 2.2)
"""Metres: who seems to be of another height was told in other units, and is made `_TALLEST`."""


@dataclass(frozen=True)
class Fit:
    """A motion on a figure, and where things beside it went: ``factor * place + shift``."""

    motion: Motion
    factor: float
    shift: Array


def fitted(motion: Motion, *, where: str = "motion") -> Motion:
    """The motion of `fit`."""
    return fit(motion, where=where).motion


def fit(motion: Motion, *, where: str = "motion") -> Fit:
    """A motion on a figure with its bones, z up, in metres, its feet on the floor, its start at the origin.

    Args:
        motion: z up (`Motion.upright`), in any units.
        where: what errors call it.

    Raises:
        InputError: the skeleton has no legs, arms or hands that its names tell, or never moves in three dimensions.
    """
    try:
        places = roles(motion.skeleton)
    except ValueError as error:
        raise InputError(str(error), where=where, remedy="Give the motion of a whole person.") from error
    missing = [hand for hand in HANDS if hand not in places]
    if missing:
        raise InputError(f"its skeleton has no {missing[0]}", where=where, remedy="Give a motion with hands.")
    at = _joints(motion, places)
    skeleton, turns = _followed(at)
    height = height_of(skeleton)
    if not np.isfinite(height) or height < 1e-6:
        raise InputError("its skeleton has no size", where=where, remedy="Give the motion of a whole person.")
    factor = 1.0 if _PLAUSIBLE[0] < height < _PLAUSIBLE[1] else _TALLEST / height
    skeleton = Skeleton(skeleton.names, skeleton.parents, skeleton.offsets * factor)
    free = Motion(skeleton, motion.rate, at["hips"] * factor, turns)
    shift = -np.array([*free.root[0, :2], _lowest_sole(free)])
    return Fit(Motion(skeleton, motion.rate, free.root + shift, turns), factor, shift)


def _joints(motion: Motion, places: Mapping[str, int]) -> dict[str, Array]:
    """T x 3: where the joints go, with those in between that the skeleton has not got."""
    positions, _ = motion.world()
    at = {role: positions[:, place] for role, place in places.items()}
    at.setdefault("chest", at["hips"] + 0.55 * (at["neck"] - at["hips"]))
    at.setdefault("spine", at["hips"] + 0.33 * (at["chest"] - at["hips"]))
    at.setdefault("head", at["neck"] + 0.17 * (at["neck"] - at["hips"]))
    at.setdefault("head top", 2 * at["head"] - at["neck"])
    for side, _ in SIDES:
        hand = places[f"{side} hand"]
        fingers = motion.skeleton.children(hand)
        tip = positions[:, fingers].mean(axis=1) if fingers else 2 * at[f"{side} hand"] - at[f"{side} forearm"]
        at[f"{side} fist"] = tip
        if f"{side} toe" not in at:
            ahead = np.cross(at["left upleg"] - at["right upleg"], np.array([0.0, 0.0, 1.0]))
            at[f"{side} toe"] = at[f"{side} foot"] + 0.3 * ahead
    return at


def _followed(at: Mapping[str, Array]) -> tuple[Skeleton, Array]:
    """The figure with bones of their mean places in their parents, and its turns (T x J x 4)."""
    world = _frames(at)
    standard = figure()
    offsets = standard.offsets.copy()
    turns = np.tile([0.0, 0.0, 0.0, 1.0], (len(at["hips"]), len(standard.names), 1))
    legs = [np.linalg.norm(at[f"{s} leg"] - at[f"{s} upleg"], axis=-1).mean() for s, _ in SIDES]
    unit = float(np.mean(legs)) / 0.42
    for joint, parent in enumerate(standard.parents):
        name = standard.names[joint]
        above = standard.names[parent] if parent >= 0 else ""
        offsets[joint] = standard.offsets[joint] * unit
        if name.endswith("shoulder"):
            world[name] = world["chest"]
        if above.endswith("shoulder"):
            inner = quaternion.rotate(quaternion.conjugate(world["chest"]), at[name] - at["chest"]).mean(axis=0)
            offsets[joint] = inner - offsets[parent]
        elif above and name in at and name.rsplit(" ", 1)[-1] not in {"toe", "top", "fist"}:
            back = quaternion.conjugate(world[above])
            offsets[joint] = quaternion.rotate(back, at[name] - at[above]).mean(axis=0)
        if name in world:
            parents = quaternion.conjugate(world[above]) if above else np.array([0.0, 0.0, 0.0, 1.0])
            turns[:, joint] = quaternion.multiply(parents, world[name])
    return Skeleton(standard.names, standard.parents, offsets), turns


def _frames(at: Mapping[str, Array]) -> dict[str, Array]:
    """T x 4: the world orientations of the figure's bones."""
    across = at["left upleg"] - at["right upleg"]
    shoulders = at["left arm"] - at["right arm"]
    world = {
        "hips": _upright(at["spine"] - at["hips"], across),
        "spine": _upright(at["chest"] - at["spine"], _unit(across) + _unit(shoulders)),
        "chest": _upright(at["neck"] - at["chest"], shoulders),
        "neck": _upright(at["head"] - at["neck"], shoulders),
        "head": _upright(at["head top"] - at["head"], shoulders),
    }
    ahead = quaternion.rotate(world["hips"], np.array([1.0, 0.0, 0.0]))
    behind = -quaternion.rotate(world["chest"], np.array([1.0, 0.0, 0.3]))
    for side, _ in SIDES:
        for joints, usual, sign in ((("upleg", "leg", "foot"), ahead, 1.0), (("arm", "forearm", "hand"), behind, -1.0)):
            start, middle, end = (at[f"{side} {joint}"] for joint in joints)
            front = sign * _bent_towards(start, middle, end, usual)
            world[f"{side} {joints[0]}"] = _hanging(start - middle, front)
            world[f"{side} {joints[1]}"] = _hanging(middle - end, front)
        fore = quaternion.rotate(world[f"{side} forearm"], np.array([1.0, 0.0, 0.0]))
        world[f"{side} hand"] = _hanging(at[f"{side} hand"] - at[f"{side} fist"], fore)
        world[f"{side} foot"] = _treading(
            at[f"{side} toe"] - at[f"{side} foot"], at[f"{side} leg"] - at[f"{side} foot"]
        )
    return world


def _bent_towards(start: Array, middle: Array, end: Array, usual: Array) -> Array:
    """Where the joint in the middle points: as it bends, or as usual where the limb is nearly straight."""
    way = end - start
    along = way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-12)
    off = middle - start
    off = off - (off * along).sum(-1, keepdims=True) * along
    length = np.linalg.norm(middle - start, axis=-1, keepdims=True)
    return np.asarray(off / np.maximum(length, 1e-12) + _SURE * _unit(usual))


def _upright(up: Array, left: Array) -> Array:
    z = _unit(up)
    x = _unit(np.cross(left, z))
    return from_axes(x, np.cross(z, x), z)


def _hanging(up: Array, front: Array) -> Array:
    z = _unit(up)
    y = _unit(np.cross(z, front))
    return from_axes(np.cross(y, z), y, z)


def _treading(toes: Array, shin: Array) -> Array:
    """Of a foot: its toes lie as far below its own x as the figure's do."""
    _, _, down = figure().offsets[figure().index("left toe")]
    pitch = float(np.arctan2(-down, 0.15))
    y = _unit(np.cross(shin, toes))
    ahead = _unit(toes)
    x = np.cos(pitch) * ahead + np.sin(pitch) * np.cross(ahead, y)
    return from_axes(x, y, np.cross(x, y))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def _lowest_sole(motion: Motion) -> float:
    """Metres above the floor, of all frames."""
    scale = height_of(motion.skeleton) / HEIGHT
    positions, orientations = motion.world()
    soles = []
    for side, _ in SIDES:
        foot = motion.skeleton.index(f"{side} foot")
        for x in (-0.07, 0.17):
            sole = quaternion.rotate(orientations[:, foot], np.array([x, 0.0, -ANKLE]) * scale)
            soles.append((positions[:, foot] + sole)[:, 2])
    return float(np.min(soles))
