"""A see-saw at rest with a heavier and a lighter load; the heavier goes and it tips over."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import UP, about, as_quaternion, multiply
from cleanplate.worlds.scene import Box, Constraint, Mesh, Vec3

HALF_LENGTH = (0.6, 0.95)
TILT = (7.0, 13.0)
"""Degrees."""
THICK = 0.04
WIDE = 0.16
CLEAR = 0.01
"""Between the plank and the edge that bears it, metres."""
SIZE = (0.14, 0.26)
LIGHT = (0.8, 2.0)
HEAVY = (6.0, 12.0)
"""Kilograms of the loads."""


def play(stage: Stage) -> tuple[str, ...]:
    """The heavy end lies on the floor; the axis is a hinge on a prism."""
    half, tilt, side = stage.number(HALF_LENGTH), float(np.radians(stage.number(TILT))), stage.side()
    sin, cos = float(np.sin(tilt)), float(np.cos(tilt))
    axis = half * sin + THICK / 2 * cos
    # The prism lies along y, an edge up: its corners are half its scale from its middle, its foot a quarter below.
    scale = (axis - THICK / 2 - CLEAR) / 0.75
    prism = Mesh(asset="prism", scale=(scale, scale, 2 * WIDE))
    upright = as_quaternion(multiply(about((1.0, 0.0, 0.0), np.pi / 2), about(UP, -np.pi / 2)))
    stand = stage.add("fulcrum", prism, (0.0, 0.0, scale / 4), orientation=upright, mass=0.0)
    turn = about((0.0, 1.0, 0.0), side * tilt)
    plank = stage.add(
        "plank",
        Box(half=(half, WIDE, THICK / 2)),
        (0.0, 0.0, axis),
        orientation=turn,
        mass=2.0,
        friction=0.9,
        angular_damping=0.1,
    )
    stage.join(Constraint(kind="hinge", a=plank.name, b=stand.name, axis=(0.0, 1.0, 0.0)))

    def load(along: float, mass: float) -> str:
        thing = stage.thing(SIZE, flat=True)
        off = thing.height / 2 + THICK / 2
        place: Vec3 = (along * cos + side * off * sin, 0.0, axis - side * along * sin + off * cos)
        fields = {**thing.own, "orientation": turn, "parts": thing.parts, "mass": mass, "friction": 0.9}
        return stage.add(thing.word, thing.shape, place, **fields).name

    heavy = load(side * (half - 0.16), stage.number(HEAVY))
    load(-side * (half - 0.16), stage.number(LIGHT))
    stage.frame([(0.0, 0.0, 2 * axis)])
    return (heavy,)


FAMILY = Family("lever", "The heavier load leaves a see-saw and it tips over.", play, held_out=True)
