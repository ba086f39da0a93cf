"""A skeleton of our own, of which every person's skin knows the bones: its joints, its proportions, its rest.

It faces along x, y to its left, z up; at rest it stands with its arms hanging, every joint's frame that of the world.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

HEIGHT = 1.75
"""Metres from the soles to the top of the head of the figure as it is told here."""
ANKLE = 0.08
"""Metres of the ankle above the sole, of that figure."""
SIDES = (("left", 1.0), ("right", -1.0))
TRUNK = ("hips", "spine", "chest", "neck", "head")
LIMBS = ("arm", "forearm", "hand", "upleg", "leg", "foot")
BONES = (*TRUNK, *(f"{side} {limb}" for side, _ in SIDES for limb in LIMBS))
"""Joints whose frames carry flesh."""
ENDS = {
    "hips": "spine",
    "spine": "chest",
    "chest": "neck",
    "neck": "head",
    "head": "head top",
    **{f"{side} {a}": f"{side} {b}" for side, _ in SIDES for a, b in (("arm", "forearm"), ("forearm", "hand"))},
    **{f"{side} {a}": f"{side} {b}" for side, _ in SIDES for a, b in (("hand", "fist"), ("upleg", "leg"))},
    **{f"{side} {a}": f"{side} {b}" for side, _ in SIDES for a, b in (("leg", "foot"), ("foot", "toe"))},
}
"""Where each bone ends."""
ABOVE = {
    "spine": "hips",
    "chest": "spine",
    "neck": "chest",
    "head": "neck",
    **{f"{side} {a}": b for side, _ in SIDES for a, b in (("arm", "chest"), ("upleg", "hips"))},
    **{f"{side} {a}": f"{side} {b}" for side, _ in SIDES for a, b in (("forearm", "arm"), ("hand", "forearm"))},
    **{f"{side} {a}": f"{side} {b}" for side, _ in SIDES for a, b in (("leg", "upleg"), ("foot", "leg"))},
}
"""The bone that carries each bone but the first."""

_TRUNK = (
    ("hips", "", (0.0, 0.0, 0.0)),
    ("spine", "hips", (0.0, 0.0, 0.11)),
    ("chest", "spine", (0.0, 0.0, 0.20)),
    ("neck", "chest", (-0.01, 0.0, 0.22)),
    ("head", "neck", (0.02, 0.0, 0.09)),
    ("head top", "head", (0.0, 0.0, 0.17)),
)
_SIDE = (
    ("shoulder", "chest", (0.0, 0.03, 0.165)),
    ("arm", "shoulder", (0.0, 0.15, 0.0)),
    ("forearm", "arm", (0.0, 0.0, -0.285)),
    ("hand", "forearm", (0.0, 0.0, -0.25)),
    ("fist", "hand", (0.0, 0.0, -0.10)),
    ("upleg", "hips", (0.0, 0.092, -0.04)),
    ("leg", "upleg", (0.0, 0.0, -0.42)),
    ("foot", "leg", (0.0, 0.0, -0.42)),
    ("toe", "foot", (0.15, 0.0, -0.055)),
)
STANDING = 0.96
"""Metres of the hips above the floor when that figure stands straight."""


@lru_cache(maxsize=256)
def figure(height: float = HEIGHT, *, breadth: float = 1.0) -> Skeleton:
    """The skeleton of somebody of that height (metres), whose shoulders are `breadth` times as broad."""
    rows = [*_TRUNK]
    for side, sign in SIDES:
        for joint, parent, (x, y, z) in _SIDE:
            above = parent if parent in {"chest", "hips"} else f"{side} {parent}"
            rows.append((f"{side} {joint}", above, (x, sign * y * (breadth if joint == "arm" else 1.0), z)))
    names = tuple(name for name, _, _ in rows)
    parents = tuple(names.index(parent) if parent else -1 for _, parent, _ in rows)
    return Skeleton(names, parents, np.array([offset for _, _, offset in rows]) * (height / HEIGHT))


def height_of(skeleton: Skeleton) -> float:
    """Metres that somebody of these bones measures, by the bones of the legs and the trunk."""
    standard = figure()

    def reach(one: Skeleton) -> float:
        chain = ("spine", "chest", "neck", "head", "left leg", "left foot", "right leg", "right foot")
        lengths = [float(np.linalg.norm(one.offsets[one.index(name)])) for name in chain]
        return sum(lengths[:4]) + sum(lengths[4:]) / 2

    return HEIGHT * reach(skeleton) / reach(standard)


def bound(skeleton: Skeleton) -> Motion:
    """One frame with arms and legs apart, in which skin is made."""
    turns = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (1, len(skeleton.names), 1))
    for side, sign in SIDES:
        turns[0, skeleton.index(f"{side} arm")] = quaternion.about((1, 0, 0), sign * np.radians(42))
        turns[0, skeleton.index(f"{side} upleg")] = quaternion.about((1, 0, 0), sign * np.radians(9))
    return Motion(skeleton, 1.0, np.zeros((1, 3)), turns)


def bones_at(motion: Motion) -> tuple[Array, Array]:
    """Places (T x B x 3) and orientations (T x B x 4) of `BONES`."""
    places = [motion.skeleton.index(name) for name in BONES]
    positions, orientations = motion.world()
    return positions[:, places], orientations[:, places]
