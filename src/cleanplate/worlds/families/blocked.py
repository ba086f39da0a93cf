"""A roller rests against a block on a slope, or rolls towards one; the block goes and it rolls on."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.ramps import add_ramp
from cleanplate.worlds.families.rollers import add_roller
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Box

ANGLE = (10.0, 20.0)
"""Degrees."""
LENGTH = (1.2, 1.8)
RADIUS = (0.1, 0.22)
SPEED = (1.0, 2.0)
AWAY = (0.6, 1.1)
RESTS = 0.5


def play(stage: Stage) -> tuple[str, ...]:
    """At rest on a ramp, or on its way on the floor."""
    return _resting(stage) if stage.chance(RESTS) else _rolling(stage)


def _resting(stage: Stage) -> tuple[str, ...]:
    radius = stage.number(RADIUS)
    ramp = add_ramp(
        stage,
        angle=float(np.radians(stage.number(ANGLE))),
        length=stage.number(LENGTH),
        width=0.6,
        foot=0.0,
    )
    height, half = 1.3 * radius, 0.07
    along = 0.62 * ramp.length
    add_roller(stage, ramp.above(along, radius), radius)
    # The block's upper face touches the roller; it stands on the slope by friction, heavier than what it holds.
    block = stage.add(
        "block",
        Box(half=(half, 0.25, height / 2)),
        ramp.above(along - radius - half, height / 2),
        orientation=ramp.tilt,
        mass=40.0,
        friction=1.2,
    )
    stage.frame([(1.3, 0.0, 0.0)])
    return (block.name,)


def _rolling(stage: Stage) -> tuple[str, ...]:
    radius, speed, away = stage.number(RADIUS), stage.number(SPEED), stage.number(AWAY)
    add_roller(stage, (-away - radius, 0.0, radius), radius, speed=speed)
    half = (stage.number((0.06, 0.15)), stage.number((0.2, 0.4)), stage.number((0.8, 1.6)) * radius)
    block = stage.add("block", Box(half=half), (half[0], 0.0, half[2]), mass=50.0, friction=1.0)
    stage.frame([(1.5, 0.0, 0.0)])
    return (block.name,)


FAMILY = Family("blocked", "A block that stops a roller goes, and it rolls on.", play)
