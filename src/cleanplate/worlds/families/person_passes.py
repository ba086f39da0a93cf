"""Somebody walks by and touches nothing; without them all goes on as it did."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.cast import MOTION_RATE, SECONDS, SHOWN, actor, enter, in_the_body_of, recorded, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.rollers import add_roller
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import turned, walk
from cleanplate.worlds.people.library import cycled, heading, read_library, shipped
from cleanplate.worlds.people.skeleton import Motion

THINGS = (1, 3)
SIZE = (0.2, 0.5)
CLEAR = (0.7, 1.1)
"""Metres between their way and what stands beside it."""
RADIUS = (0.1, 0.2)
SPEED = (0.4, 1.0)
CAPTURED = 0.4
"""Share of those whose motion is one of PyBullet's."""


def play(stage: Stage) -> tuple[str, ...]:
    """Before or behind things at rest and, sometimes, one that rolls."""
    who, beside = actor(stage), stage.side() * stage.number(CLEAR)
    way = 0.0 if stage.chance(0.5) else np.pi
    motion = recorded(stage) or _shipped(stage)
    if motion is None:
        motion = walk(who.skeleton, times(), MOTION_RATE, who.manner).motion()
    else:
        who = in_the_body_of(who, motion)
    motion = turned(motion, way, (-float(np.cos(way)) * 0.5 * _gone(motion), 0.0))
    for place in range(stage.count(THINGS)):
        thing = stage.thing(SIZE)
        stage.stand(thing, (place - 1) * 0.75, beside + float(np.sign(beside)) * thing.radius)
    if stage.chance(0.4):
        radius, speed = stage.number(RADIUS), stage.side() * stage.number(SPEED)
        add_roller(stage, (-speed, beside + float(np.sign(beside)) * 0.9, radius), radius, speed=speed)
    return enter(stage, who, motion)


def _shipped(stage: Stage) -> Motion | None:
    """One of PyBullet's motions, sometimes."""
    files = shipped()
    if not files or not stage.chance(CAPTURED):
        return None
    motion = read_library([files[stage.count((0, len(files) - 1))]]).motions[0]
    motion = turned(motion, -heading(motion), (0.0, 0.0))
    return cycled(motion, SECONDS).resampled(MOTION_RATE)


def _gone(motion: Motion) -> float:
    """Metres that the hips go within what is shown."""
    return float(motion.root[min(int(SHOWN * MOTION_RATE), len(motion) - 1), 0] - motion.root[0, 0])


FAMILY = Family("person-passes", "Somebody walks by; nothing depends on them.", play, promises=False)
