"""Somebody sits with a thing in the lap; without them it falls onto the seat or the floor."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.grasp import hold
from cleanplate.worlds.families.person_sits import seated
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.grips import in_front

SIZE = (0.16, 0.28)
AHEAD = 0.28
"""Metres from the hips to the thing's middle, for somebody of the standard height."""
THIGHS = 0.062
"""Metres of the thighs' tops above the hips, for the same."""


def play(stage: Stage) -> tuple[str, ...]:
    """The hands are at its sides or under it."""
    who, motion = seated(stage)
    thing = stage.thing(SIZE)
    level = float(motion.root[0, 2]) + THIGHS * who.scale + thing.height / 2
    place = np.broadcast_to(in_front(motion, AHEAD * who.scale, level)[0], motion.root.shape)
    names = hold(stage, who, motion, thing, place, upon=False)
    stage.frame([(place[0, 0] + 0.3, place[0, 1], 0.0), (place[0, 0] - 0.3, place[0, 1], 0.0)])
    return names


FAMILY = Family("person-lap", "Somebody with a thing in the lap goes, and it falls.", play)
