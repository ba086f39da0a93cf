"""Things that give off crumbs, dust or smoke when they are hit: crates, flower pots, bricks, sand, flour, a stove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.quaternion import UP, about
from cleanplate.worlds.scene import (
    UPRIGHT,
    Body,
    Box,
    Capsule,
    Colour,
    Cylinder,
    Emitter,
    Material,
    Mesh,
    Part,
    Shape,
    Sphere,
    Texture,
    Vec3,
)

WOOD: Colour = (0.66, 0.48, 0.29)
CLAY: Colour = (0.72, 0.36, 0.22)
SOIL: Colour = (0.24, 0.17, 0.12)
LEAVES: Colour = (0.18, 0.42, 0.16)
BRICK: Colour = (0.62, 0.27, 0.20)
SAND: Colour = (0.80, 0.68, 0.46)
FLOUR: Colour = (0.93, 0.91, 0.87)
LINEN: Colour = (0.80, 0.73, 0.60)
IRON: Colour = (0.16, 0.16, 0.17)
SOOT: Colour = (0.20, 0.19, 0.18)
COARSE, FINE = (0.006, 0.022), (0.003, 0.009)
"""Radii of crumbs, metres."""
PUFF = (0.05, 0.11)
BOUNCE = 0.1


def crates(stage: Stage) -> list[Body]:
    """One to three wooden crates on each other."""
    edge, foot, made = stage.number((0.26, 0.4)), 0.0, []
    for _ in range(stage.count((1, 3))):
        half = (edge / 2, edge / 2, stage.number((0.35, 0.5)) * edge)
        made.append(_put(stage, ("wooden crate", Box(half=half)), (0.0, 0.0, foot + half[2]), (WOOD, "wood"), mass=160))
        _gives_off(stage, made[-1], "debris", 45, (COARSE, _shaded(WOOD, 0.9)))
        _gives_off(stage, made[-1], "dust", 16, (PUFF, (0.70, 0.63, 0.53)))
        foot, edge = foot + 2 * half[2], edge * stage.number((0.75, 0.95))
    return made


def pots(stage: Stage) -> list[Body]:
    """One to three flower pots beside each other, each with a plant."""
    made: list[Body] = []
    edge = 0.0
    for _ in range(stage.count((1, 3))):
        width, height = stage.number((0.22, 0.34)), stage.number((0.2, 0.32))
        soil = Part(
            shape=Cylinder(radius=0.44 * width, height=0.02),
            position=(0.0, 0.0, height / 2),
            material=Material(colour=SOIL, roughness=0.95),
        )
        leaves = [_leaf(stage, height / 2, width) for _ in range(stage.count((4, 7)))]
        y = edge + width / 2 if made else 0.0
        shape, place = Mesh(asset="pot", scale=(width, width, height)), (0.0, y, height / 2)
        made.append(_put(stage, ("flower pot", shape), place, (CLAY, None), mass=700, parts=(soil, *leaves)))
        _gives_off(stage, made[-1], "debris", 60, (COARSE, SOIL))
        _gives_off(stage, made[-1], "debris", 20, (COARSE, CLAY))
        _gives_off(stage, made[-1], "dust", 12, (PUFF, (0.50, 0.42, 0.35)))
        edge = y + width / 2 + 0.04
    return made


def bricks(stage: Stage) -> list[Body]:
    """A wall of bricks across the way."""
    half, made = (0.055, stage.number((0.1, 0.13)), stage.number((0.04, 0.055))), []
    across, rows = stage.count((2, 3)), stage.count((3, 5))
    for row in range(rows):
        shift = (row % 2) * half[1] / 2
        for column in range(across):
            y = (2 * column - across + 1) * (half[1] + 0.001) + shift
            place = (0.0, y, (2 * row + 1) * half[2])
            colour = _shaded(BRICK, stage.number((0.75, 1.2)))
            made.append(_put(stage, ("brick", Box(half=half)), place, (colour, "noise"), mass=900, orientation=UPRIGHT))
            _gives_off(stage, made[-1], "debris", 26, (COARSE, BRICK))
            _gives_off(stage, made[-1], "dust", 10, (PUFF, (0.66, 0.50, 0.44)))
    return made


def sand(stage: Stage) -> list[Body]:
    """Towers of damp sand, turned out of buckets, some on each other."""
    made = []
    for place in range(stage.count((1, 3))):
        foot, width = 0.0, stage.number((0.24, 0.34))
        for _ in range(stage.count((1, 2))):
            height = width * stage.number((0.7, 1.0))
            y = (place - 0.5) * 0.36
            shape = Mesh(asset="bucket", scale=(width, width, height))
            made.append(_put(stage, ("sand tower", shape), (0.0, y, foot + height / 2), (SAND, "noise"), mass=500))
            _gives_off(stage, made[-1], "debris", 150, (FINE, SAND))
            _gives_off(stage, made[-1], "dust", 14, (PUFF, (0.82, 0.73, 0.56)))
            foot, width = foot + height, 0.7 * width
    return made


def flour(stage: Stage) -> list[Body]:
    """Sacks of flour, one on the other."""
    thick, foot, made = stage.number((0.065, 0.085)), 0.0, []
    along, across = stage.number((0.17, 0.22)) - thick, stage.number((0.12, 0.15)) - thick
    rims = [
        Part(
            shape=Capsule(radius=thick, height=2 * along),
            position=(x, 0.0, 0.0),
            orientation=about((1, 0, 0), np.pi / 2),
        )
        for x in (-across, across)
    ] + [
        Part(
            shape=Capsule(radius=thick, height=2 * across),
            position=(0.0, y, 0.0),
            orientation=about((0, 1, 0), np.pi / 2),
        )
        for y in (-along, along)
    ]
    for _ in range(stage.count((1, 4))):
        shape = Box(half=(across, along, thick))
        place = (stage.number((-0.02, 0.02)), stage.number((-0.02, 0.02)), foot + thick)
        made.append(_put(stage, ("flour sack", shape), place, (LINEN, None), mass=450, parts=tuple(rims)))
        _gives_off(stage, made[-1], "dust", 45, ((0.05, 0.13), FLOUR))
        _gives_off(stage, made[-1], "debris", 20, (FINE, FLOUR))
        foot += 2 * thick
    return made


def stove(stage: Stage) -> list[Body]:
    """An iron stove with a pipe, full of soot."""
    radius, height = stage.number((0.15, 0.2)), stage.number((0.3, 0.45))
    iron = Material(colour=IRON, roughness=0.55, metallic=0.4)
    reach = stage.number((0.2, 0.35))
    pipe = Part(shape=Cylinder(radius=0.3 * radius, height=reach), position=(0.0, 0.0, (height + reach) / 2))
    place = (0.0, 0.0, height / 2)
    shape = Cylinder(radius=radius, height=height)
    made = _put(stage, ("stove", shape), place, (IRON, None), mass=250, parts=(pipe,), material=iron)
    _gives_off(stage, made, "smoke", 60, ((0.05, 0.12), SOOT))
    _gives_off(stage, made, "debris", 40, (COARSE, SOOT))
    return [made]


BREAKABLES: tuple[Callable[[Stage], list[Body]], ...] = (crates, pots, bricks, sand, flour, stove)
"""Each sets its things up around the z axis, and tells them what to give off."""


def _put(stage: Stage, what: tuple[str, Shape], place: Vec3, looks: tuple[Colour, str | None], **fields: Any) -> Body:
    """A thing (its noun and shape) of a colour and pattern, turned about the vertical by chance.

    Args:
        fields: of `Body`; `mass` is in kilograms a cubic metre.
    """
    (noun, shape), (colour, pattern) = what, looks
    taken = sum(body.noun == noun for body in stage.bodies)
    dark = _shaded(colour, 0.72)
    texture = Texture(name=pattern, seed=stage.seed(), scale=0.35, colours=(colour, dark)) if pattern else None
    options: dict[str, Any] = {
        "name": f"{noun} {taken + 1}" if taken else noun,
        "noun": noun,
        "material": Material(colour=colour, texture=texture, roughness=0.9),
        "orientation": about(UP, stage.number((-0.4, 0.4))),
        "friction": 0.7,
        "restitution": BOUNCE,
    }
    body = stage.add(noun, shape, place, **(options | fields))
    stage.bodies[-1] = body.model_copy(update={"mass": body.mass * inertia(body).volume})
    return stage.bodies[-1]


def _gives_off(stage: Stage, body: Body, kind: str, amount: int, looks: tuple[tuple[float, float], Colour]) -> None:
    """Particles of these sizes and of that colour, more or fewer of them by chance."""
    stage.emit(
        Emitter.model_validate(
            {
                "kind": kind,
                "owner": body.name,
                "amount": max(1, round(amount * stage.number((0.7, 1.3)))),
                "size": looks[0],
                "colour": looks[1],
                "seed": stage.seed(),
            }
        )
    )


def _leaf(stage: Stage, foot: float, width: float) -> Part:
    """One of a plant's round leaves."""
    angle, out = stage.number((-np.pi, np.pi)), stage.number((0.0, 0.24)) * width
    radius = stage.number((0.15, 0.25)) * width
    place = (out * float(np.cos(angle)), out * float(np.sin(angle)), foot + radius * stage.number((0.9, 1.8)))
    colour = _shaded(LEAVES, stage.number((0.7, 1.4)))
    return Part(shape=Sphere(radius=radius), position=place, material=Material(colour=colour, roughness=0.8))


def _shaded(colour: Colour, share: float) -> Colour:
    red, green, blue = (min(share * value, 1.0) for value in colour)
    return (red, green, blue)
