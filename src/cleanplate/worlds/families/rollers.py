"""Balls, and cylinders that lie across the way they roll in (the x axis)."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Body, Cylinder, Sphere, Vec3

BALLS = 0.65
"""Share of the rollers that are balls."""
RESISTANCE = (0.0005, 0.003)


def add_roller(stage: Stage, position: Vec3, radius: float, *, speed: float = 0.0, ball: bool | None = None) -> Body:
    """Rolls without slipping at `speed` m/s along x; its middle is at `position`."""
    ball = stage.chance(BALLS) if ball is None else ball
    shape = Sphere(radius=radius) if ball else Cylinder(radius=radius, height=stage.number((1.2, 2.2)) * radius)
    # A cylinder's own axis is z; lying across, that points along -y, and it still rolls about the world's y axis.
    return stage.add(
        "ball" if ball else "roller",
        shape,
        position,
        orientation=(0.0, 0.0, 0.0, 1.0) if ball else about((1.0, 0.0, 0.0), np.pi / 2),
        velocity=(speed, 0.0, 0.0),
        spin=(0.0, speed / radius, 0.0),
        friction=0.8,
        rolling_friction=stage.number(RESISTANCE),
    )
