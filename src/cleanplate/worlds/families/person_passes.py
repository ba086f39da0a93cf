"""Somebody walks by and touches nothing; without them all goes on as it did."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.cast import MOTION_RATE, actor, enter, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.rollers import add_roller
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import turned, walk

THINGS = (1, 3)
SIZE = (0.2, 0.5)
CLEAR = (0.7, 1.1)
"""Metres between their way and what stands beside it."""
RADIUS = (0.1, 0.2)
SPEED = (0.4, 1.0)


def play(stage: Stage) -> tuple[str, ...]:
    """Before or behind things at rest and, sometimes, one that rolls."""
    who, beside = actor(stage), stage.side() * stage.number(CLEAR)
    heading = 0.0 if stage.chance(0.5) else np.pi
    start = (-who.manner.speed * float(np.cos(heading)), 0.0)
    motion = turned(walk(who.skeleton, times(), MOTION_RATE, who.manner).motion(), heading, start)
    for place in range(stage.count(THINGS)):
        thing = stage.thing(SIZE)
        stage.stand(thing, (place - 1) * 0.75, beside + float(np.sign(beside)) * thing.radius)
    if stage.chance(0.4):
        radius, speed = stage.number(RADIUS), stage.side() * stage.number(SPEED)
        add_roller(stage, (-speed, beside + float(np.sign(beside)) * 0.9, radius), radius, speed=speed)
    return enter(stage, who, motion)


FAMILY = Family("person-passes", "Somebody walks by; nothing depends on them.", play, promises=False)
