"""A spinning top that a hand holds by its stem; the hand goes and it wobbles or tips over."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.hands import THICK, add_hand
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import about, as_vec3, rotate
from cleanplate.worlds.scene import Constraint, Cylinder, Mesh, Part

RADIUS = (0.18, 0.3)
LEAN = (6.0, 14.0)
"""Degrees."""
SPIN = (0.0, 25.0)
"""Radians a second."""


def play(stage: Stage) -> tuple[str, ...]:
    """A cone on its point, a disc and a stem that ends in the hand."""
    radius, lean = stage.number(RADIUS), float(np.radians(stage.number(LEAN)))
    cone, disc, stem = 0.9 * radius, 0.25 * radius, 1.1 * radius
    turned = about((1.0, 0.0, 0.0), np.pi)
    parts = (
        Part(
            shape=Mesh(asset="cone", scale=(1.8 * radius, 1.8 * radius, cone)),
            position=(0.0, 0.0, -cone / 2 - disc / 2),
            orientation=turned,
        ),
        Part(shape=Cylinder(radius=0.12 * radius, height=stem), position=(0.0, 0.0, (stem + disc) / 2)),
    )
    turn = about((0.0, 1.0, 0.0), stage.side() * lean)
    tip = rotate(turn, (0.0, 0.0, -cone - disc / 2))
    middle = as_vec3(-tip + np.array([0.0, 0.0, 0.002]))
    spin = as_vec3(rotate(turn, (0.0, 0.0, stage.number(SPIN))))
    shape = Cylinder(radius=radius, height=disc)
    top = stage.add("top", shape, middle, parts=parts, orientation=turn, spin=spin, mass=1.0, friction=0.8)
    end = as_vec3(np.asarray(middle) + rotate(turn, (0.0, 0.0, stem + disc / 2)))
    hand = add_hand(stage, (end[0], end[1], end[2] + THICK), 0.26 * radius)
    stage.join(Constraint(kind="ball", a=top.name, b=hand.name, at=(0.0, 0.0, stem + disc / 2)))
    stage.frame([(2 * radius, 0.0, 0.0), (-2 * radius, 0.0, 0.0)])
    return (hand.name,)


FAMILY = Family("top", "The hand that holds a spinning top goes, and it wobbles or tips over.", play)
