"""Inclined boards, and where things lie on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Body, Mesh, Quaternion, Vec3


@dataclass(frozen=True)
class Ramp:
    """A wedge whose slope falls towards +x and ends at x = `foot` on the floor.

    Attributes:
        body: the wedge, which stands still.
        angle: of the slope, radians.
        length: along the slope, metres.
        foot: x of its lower edge.
    """

    body: Body
    angle: float
    length: float
    foot: float

    def above(self, along: float, height: float) -> Vec3:
        """The point `along` metres up the slope and `height` metres off it."""
        sin, cos = np.sin(self.angle), np.cos(self.angle)
        return (float(self.foot - along * cos + height * sin), 0.0, float(along * sin + height * cos))

    @property
    def tilt(self) -> Quaternion:
        """Of what lies flat on the slope."""
        return about((0.0, 1.0, 0.0), self.angle)


def add_ramp(stage: Stage, *, angle: float, length: float, width: float, foot: float) -> Ramp:
    """Puts a ramp on the stage."""
    run, rise = length * float(np.cos(angle)), length * float(np.sin(angle))
    body = stage.add(
        "ramp",
        Mesh(asset="wedge", scale=(run, width, rise)),
        (foot - run / 2, 0.0, rise / 2),
        orientation=about((0.0, 0.0, 1.0), np.pi),
        mass=0.0,
        friction=0.9,
    )
    return Ramp(body, angle, length, foot)
