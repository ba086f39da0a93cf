"""Somebody kicks a ball; without them it stays at rest."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.cast import MOTION_RATE, actor, enter, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import kick, turned
from cleanplate.worlds.scene import Sphere

RADIUS = (0.1, 0.16)
MOMENT = (0.6, 0.9)
"""Seconds until the foot comes down to the ball."""
ASKEW = (-0.4, 0.4)
REACH = 0.26
"""Metres from the ankle to the tip of a shoe where it meets the ball, for somebody of the standard height."""


def play(stage: Stage) -> tuple[str, ...]:
    """Along the picture, towards either side; sometimes a thing stands in the ball's way."""
    who, radius, moment = actor(stage), stage.number(RADIUS), stage.number(MOMENT)
    way = stage.number(ASKEW) + (np.pi if stage.chance(0.5) else 0.0)
    motion = kick(who.skeleton, times(), MOTION_RATE, who.manner, moment=moment).motion()
    ahead, aside = np.array([np.cos(way), np.sin(way)]), np.array([np.sin(way), -np.cos(way)])
    foot = 0.085 * who.scale * aside
    ball = foot + ahead * (REACH * who.scale + radius)
    motion = turned(motion, way, (0.0, 0.0))
    stage.add(
        "ball", Sphere(radius=radius), (float(ball[0]), float(ball[1]), radius), mass=0.45, rolling_friction=0.004
    )
    if stage.chance(0.5):
        thing, beyond = stage.thing((0.25, 0.5)), stage.number((0.7, 1.1))
        stage.stand(thing, *(ball + beyond * ahead).tolist())
    stage.frame([(*(ball + 1.0 * ahead).tolist(), 0.3)])
    return enter(stage, who, motion, solid=("right foot", "right leg"))


FAMILY = Family("person-kicks", "Somebody who kicks a ball goes, and it stays at rest.", play)
