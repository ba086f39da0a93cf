"""What a body is made of: round lumps along its bones, for the skin and for what is worn over it.

A lump lies in the frame of its bone, in metres of the standard figure; along z it stretches with the bone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cleanplate.worlds.people.figure import SIDES
from cleanplate.worlds.scene import Build, Vec3


@dataclass(frozen=True)
class Lump:
    """A cone with round ends.

    Attributes:
        start, end: the middles of its ends.
        radii: at both.
        squash: by how much it is wider along the bone's axes.
        cut: its far end is flat, as a sleeve's is.
        fat: it grows with the girth.
    """

    bone: str
    start: Vec3
    end: Vec3
    radii: tuple[float, float]
    squash: Vec3 = (1.0, 1.0, 1.0)
    cut: bool = False
    fat: bool = True

    def wider(self, by: float) -> Lump:
        """The same, thicker by so many metres."""
        return replace(self, radii=(self.radii[0] + by, self.radii[1] + by))

    def up_to(self, share: float) -> Lump:
        """Its beginning alone, cut flat."""
        start, end = np.array(self.start), np.array(self.end)
        x, y, z = (float(value) for value in start + share * (end - start))
        radius = self.radii[0] + share * (self.radii[1] - self.radii[0])
        return replace(self, end=(x, y, z), radii=(self.radii[0], radius), cut=True)


@dataclass(frozen=True)
class Chunk:
    """What becomes one closed mesh.

    Attributes:
        cell: metres, about the length of its edges.
        blend: metres over which lumps flow into each other.
        below, above: (bone, height): it ends at a level in that bone's frame.
        hole: what is cut out of it.
    """

    lumps: tuple[Lump, ...]
    cell: float
    blend: float = 0.02
    below: tuple[str, float] | None = None
    hole: Lump | None = None
    above: tuple[str, float] | None = None


_CLOTH = 0.012
"""Metres by which clothes stand off the body."""


def chunks(piece: str, build: Build) -> tuple[Chunk, ...]:
    """What a piece of a person (`scene.Skin.piece`) is made of. Raises KeyError when there is no such piece."""
    return {
        "skin": _bare,
        "shirt": _shirt,
        "trousers": _trousers,
        "shoes": _shoes,
        "hair": _hair,
        "eyes": _eyes,
    }[piece](build)


def _bare(build: Build) -> tuple[Chunk, ...]:
    head = Chunk((*_neck(), *_head()), 0.021, 0.01)
    arms = [
        Chunk(_arm(side, 0.15 + 0.5 * build.sleeves if build.sleeves < 1 else 0.9), 0.026, 0.012) for side, _ in SIDES
    ]
    hands = [Chunk(_hand(side, sign), 0.015, 0.004) for side, sign in SIDES]
    legs = [Chunk(_leg(side, 0.5), 0.036, 0.012) for side, _ in SIDES] if build.shorts else []
    return (head, *arms, *hands, *legs)


def _shirt(build: Build) -> tuple[Chunk, ...]:
    sleeves = [lump for side, _ in SIDES for lump in _sleeve(side, build.sleeves)]
    lumps = tuple(lump.wider(_CLOTH) for lump in (*_torso(), *sleeves))
    collar = Lump("neck", (0.006, 0.0, 0.004), (0.004, 0.0, 0.16), (0.062, 0.075), fat=False)
    return (Chunk(lumps, 0.036, 0.014, above=("hips", -0.03), hole=collar),)


def _trousers(build: Build) -> tuple[Chunk, ...]:
    lumps = []
    for side, _ in SIDES:
        thigh, knee, calf, _ = _leg(side, 0.0)
        if build.shorts:
            lumps.append(thigh.wider(0.024).up_to(0.82))
        else:
            shin = replace(calf, start=(0.0, 0.0, 0.0), end=(0.005, 0.0, -0.40), radii=(0.062, 0.058), cut=True)
            lumps += [thigh.wider(_CLOTH), knee.wider(0.008), calf.wider(0.006), shin]
    seat = [lump.wider(_CLOTH - 0.004) for lump in _pelvis()]
    return (Chunk((*seat, *lumps), 0.036, 0.014, below=("hips", 0.07)),)


def _shoes(_build: Build) -> tuple[Chunk, ...]:
    return tuple(Chunk(_shoe(side), 0.026, 0.01, above=(f"{side} foot", -0.08)) for side, _ in SIDES)


def _hair(build: Build) -> tuple[Chunk, ...]:
    cap = Lump("head", (-0.012, 0.0, 0.088), (-0.012, 0.0, 0.088), (0.098, 0.098), (1.06, 0.93, 1.0), fat=False)
    lumps = [cap]
    if build.hair == "long":
        lumps += [
            Lump("head", (-0.03, sign * 0.055, 0.09), (-0.05, sign * 0.05, -0.13), (0.05, 0.04), fat=False)
            for sign in (-1.0, 1.0)
        ]
    if build.hair == "bun":
        lumps.append(Lump("head", (-0.10, 0.0, 0.14), (-0.115, 0.0, 0.145), (0.042, 0.042), fat=False))
    return (Chunk(tuple(lumps), 0.021, 0.01),)


def _eyes(_build: Build) -> tuple[Chunk, ...]:
    rows = []
    for sign in (-1.0, 1.0):
        rows.append(Lump("head", (0.083, sign * 0.03, 0.06), (0.083, sign * 0.03, 0.06), (0.0115, 0.0115), fat=False))
        rows.append(Lump("head", (0.087, sign * 0.017, 0.083), (0.078, sign * 0.045, 0.084), (0.007, 0.006), fat=False))
    return tuple(Chunk((row,), 0.008, 0.002) for row in rows)


def _pelvis() -> tuple[Lump, ...]:
    seats = tuple(
        Lump("hips", (-0.04, sign * 0.065, -0.065), (-0.03, sign * 0.07, -0.02), (0.083, 0.08)) for sign in (-1.0, 1.0)
    )
    return (Lump("hips", (0.0, -0.07, -0.01), (0.0, 0.07, -0.01), (0.098, 0.098), (0.95, 1.0, 1.1)), *seats)


def _torso() -> tuple[Lump, ...]:
    shoulders = [
        Lump("chest", (-0.015, sign * 0.03, 0.175), (-0.008, sign * 0.135, 0.135), (0.04, 0.048))
        for sign in (-1.0, 1.0)
    ]
    return (
        Lump("hips", (0.0, -0.07, 0.0), (0.0, 0.07, 0.0), (0.096, 0.096), (0.95, 1.0, 1.1)),
        Lump("spine", (0.008, -0.05, 0.0), (0.008, 0.05, 0.0), (0.09, 0.09), (1.0, 1.0, 1.25)),
        Lump("spine", (0.006, -0.05, 0.12), (0.006, 0.05, 0.12), (0.092, 0.092), (1.0, 1.0, 1.2)),
        Lump("chest", (0.004, -0.057, 0.03), (0.004, 0.057, 0.03), (0.1, 0.1), (1.03, 1.0, 1.15)),
        Lump("chest", (0.0, -0.08, 0.105), (0.0, 0.08, 0.105), (0.08, 0.08), (1.15, 1.0, 1.0)),
        *shoulders,
    )


def _sleeve(side: str, length: float) -> tuple[Lump, ...]:
    """`length` 0..1: from just under the shoulder to the wrist."""
    shoulder = Lump(f"{side} arm", (0.0, 0.0, -0.012), (0.0, 0.0, -0.09), (0.05, 0.047))
    upper = Lump(f"{side} arm", (0.0, 0.0, -0.03), (0.0, 0.0, -0.285), (0.047, 0.041))
    if length < 1:
        return (shoulder, upper.up_to(0.35 + 0.5 * length))
    lower = Lump(f"{side} forearm", (0.0, 0.0, 0.0), (0.0, 0.0, -0.25), (0.044, 0.032))
    return (shoulder, upper, lower.up_to(0.97))


def _arm(side: str, start: float) -> tuple[Lump, ...]:
    """From a share of the upper arm on."""
    upper = Lump(f"{side} arm", (0.0, 0.0, -0.285 * start), (0.0, 0.0, -0.285), (0.042, 0.039))
    lower = Lump(f"{side} forearm", (0.0, 0.0, 0.0), (0.0, 0.0, -0.25), (0.04, 0.026))
    bulge = Lump(f"{side} forearm", (0.0, 0.0, -0.03), (0.0, 0.0, -0.10), (0.042, 0.04))
    return (upper, lower, bulge)


def _hand(side: str, sign: float) -> tuple[Lump, ...]:
    """Palm inwards, thumb to the front, fingers a little curled."""
    bone, inwards = f"{side} hand", -sign
    wrist = Lump(bone, (0.0, 0.0, 0.02), (0.0, 0.0, -0.03), (0.026, 0.024), (1.1, 0.9, 1.0), fat=False)
    palm = Lump(bone, (0.002, 0.0, -0.035), (0.0, 0.0, -0.085), (0.021, 0.022), (1.75, 0.75, 1.0), fat=False)
    fingers = []
    for x, length in ((0.031, 0.9), (0.0105, 1.0), (-0.0105, 0.95), (-0.030, 0.78)):
        knuckle, middle, tip = (
            (x, inwards * y, -0.095 - length * z) for y, z in ((0.0, 0.0), (0.012, 0.045), (0.036, 0.068))
        )
        fingers += [Lump(bone, knuckle, middle, (0.0105, 0.0095), fat=False)]
        fingers += [Lump(bone, middle, tip, (0.0095, 0.008), fat=False)]
    root, joint, end = (0.022, inwards * 0.004, -0.03), (0.05, inwards * 0.018, -0.062), (0.056, inwards * 0.03, -0.096)
    thumb = [Lump(bone, root, joint, (0.014, 0.0125), fat=False), Lump(bone, joint, end, (0.0125, 0.0095), fat=False)]
    return (wrist, palm, *fingers, *thumb)


def _neck() -> tuple[Lump, ...]:
    return (Lump("neck", (-0.005, 0.0, -0.06), (0.0, 0.0, 0.09), (0.06, 0.052), fat=False),)


def _head() -> tuple[Lump, ...]:
    ears = [
        Lump(
            "head",
            (-0.005, sign * 0.079, 0.07),
            (-0.01, sign * 0.077, 0.035),
            (0.017, 0.012),
            (1.0, 0.55, 1.0),
            fat=False,
        )
        for sign in (-1.0, 1.0)
    ]
    return (
        Lump("head", (-0.005, 0.0, 0.088), (-0.005, 0.0, 0.088), (0.088, 0.088), (1.1, 0.9, 1.0), fat=False),
        Lump("head", (0.03, 0.0, 0.055), (0.04, 0.0, -0.03), (0.06, 0.04), (1.0, 0.95, 1.0), fat=False),
        Lump("head", (0.09, 0.0, 0.06), (0.107, 0.0, 0.028), (0.008, 0.013), fat=False),
        Lump("head", (0.078, 0.0, -0.004), (0.078, 0.0, -0.006), (0.016, 0.016), (1.0, 1.6, 0.6), fat=False),
        *ears,
    )


def _leg(side: str, start: float) -> tuple[Lump, Lump, Lump, Lump]:
    """From a share of the thigh on."""
    thigh = Lump(f"{side} upleg", (0.0, 0.0, -0.42 * start), (0.0, 0.0, -0.40), (0.084 - 0.026 * start, 0.056))
    knee = Lump(f"{side} leg", (0.008, 0.0, 0.0), (0.0, 0.0, -0.06), (0.052, 0.05))
    calf = Lump(f"{side} leg", (-0.014, 0.0, -0.08), (-0.01, 0.0, -0.2), (0.053, 0.046))
    shin = Lump(f"{side} leg", (0.0, 0.0, -0.05), (0.0, 0.0, -0.42), (0.048, 0.036))
    return (thigh, knee, calf, shin)


def _shoe(side: str) -> tuple[Lump, ...]:
    bone = f"{side} foot"
    return (
        Lump(bone, (0.0, 0.0, 0.02), (0.0, 0.0, -0.03), (0.043, 0.045), fat=False),
        Lump(bone, (-0.035, 0.0, -0.05), (0.02, 0.0, -0.045), (0.043, 0.044), fat=False),
        Lump(bone, (0.02, 0.0, -0.045), (0.10, 0.0, -0.058), (0.046, 0.04), (1.0, 1.1, 0.9), fat=False),
        Lump(bone, (0.10, 0.0, -0.058), (0.165, 0.0, -0.062), (0.04, 0.03), (1.0, 1.2, 0.85), fat=False),
    )
