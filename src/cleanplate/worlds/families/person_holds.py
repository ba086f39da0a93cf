"""Somebody stands and holds a thing in the hands; without them it falls."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.cast import MOTION_RATE, actor, facing_of, in_the_body_of, recorded, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.grasp import hold, reach_of
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import stand, turned
from cleanplate.worlds.people.grips import in_front

LEVEL = (1.0, 1.2)
"""Of the held thing's middle, metres, for somebody of the standard height."""
LIFT = (-0.1, 0.15)
"""Metres by which it is raised within two seconds."""
SIZE = (0.18, 0.36)


def play(stage: Stage) -> tuple[str, ...]:
    """A thing between the hands or upon them, which they lift or lower a little."""
    who, thing, moments = actor(stage), stage.thing(SIZE), times()
    upright = recorded(stage)
    if upright is None:
        upright = stand(who.skeleton, moments, MOTION_RATE, who.manner).motion()
    else:
        who, moments = in_the_body_of(who, upright), np.arange(len(upright)) / MOTION_RATE
    motion = turned(upright, facing_of(stage), (0.0, 0.0))
    place = in_front(motion, reach_of(thing), stage.number(LEVEL) * who.scale)
    place[:, 2] += stage.number(LIFT) * who.scale * (1 - np.cos(np.pi * np.clip(moments / 2, 0, 1))) / 2
    names = hold(stage, who, motion, thing, place)
    stage.frame([(place[0, 0] + 0.4, place[0, 1], 0.0), (place[0, 0] - 0.4, place[0, 1], 0.0)])
    return names


FAMILY = Family("person-holds", "Somebody who holds a thing goes, and it falls.", play)
