"""Somebody walks and carries a thing; without them it falls where it was."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.cast import MOTION_RATE, actor, in_the_body_of, recorded, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.grasp import hold, reach_of
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import turned, walk
from cleanplate.worlds.people.grips import in_front

SPEED = (0.7, 1.2)
LEVEL = (1.0, 1.15)
"""Of the carried thing's middle, metres, for somebody of the standard height."""
SIZE = (0.18, 0.36)
ASKEW = (-0.5, 0.5)
"""Radians by which the way goes towards the camera or from it."""


def play(stage: Stage) -> tuple[str, ...]:
    """Across the picture, the thing before the chest."""
    who, thing = actor(stage, SPEED), stage.thing(SIZE)
    way = stage.number(ASKEW) + (np.pi if stage.chance(0.5) else 0.0)
    back = -who.manner.speed * np.array([np.cos(way), np.sin(way)])
    motion = recorded(stage)
    if motion is None:
        motion = walk(who.skeleton, times(), MOTION_RATE, who.manner).motion()
    else:
        who = in_the_body_of(who, motion)
    motion = turned(motion, way, (float(back[0]), float(back[1])))
    return hold(stage, who, motion, thing, in_front(motion, reach_of(thing), stage.number(LEVEL) * who.scale))


FAMILY = Family("person-carries", "Somebody who carries a thing goes, and it falls.", play)
