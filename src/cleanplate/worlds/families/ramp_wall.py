"""A roller comes down a ramp and meets a wall; the wall or the ramp goes."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.ramps import add_ramp
from cleanplate.worlds.families.rollers import add_roller
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Box

ANGLE = (14.0, 28.0)
LENGTH = (1.0, 1.5)
RADIUS = (0.1, 0.2)
AWAY = (0.4, 0.7)
"""Of the wall from the ramp's foot, in metres beyond the roller's radius."""
SPEED = (0.3, 0.9)
RAMP_GOES = 0.3


def play(stage: Stage) -> tuple[str, ...]:
    """A ramp, a roller that is just let go, and a wall that stands fast."""
    radius = stage.number(RADIUS)
    ramp = add_ramp(
        stage,
        angle=float(np.radians(stage.number(ANGLE))),
        length=stage.number(LENGTH),
        width=0.7,
        foot=0.0,
    )
    roller = add_roller(stage, ramp.above(0.75 * ramp.length, radius), radius)
    speed = stage.number(SPEED)
    down = (speed * float(np.cos(ramp.angle)), 0.0, -speed * float(np.sin(ramp.angle)))
    stage.bodies[-1] = roller.model_copy(update={"velocity": down, "spin": (0.0, speed / radius, 0.0)})
    half = (stage.number((0.05, 0.12)), stage.number((0.4, 0.6)), stage.number((0.2, 0.4)))
    x = stage.number(AWAY) + radius + half[0]
    wall = stage.add("wall block", Box(half=half), (x, 0.0, half[2]), mass=0.0, restitution=0.6)
    stage.frame([(x + 0.9, 0.0, 0.0)])
    return (ramp.body.name if stage.chance(RAMP_GOES) else wall.name,)


FAMILY = Family("ramp-wall", "A roller comes down a ramp towards a wall; one of them goes.", play, held_out=True)
