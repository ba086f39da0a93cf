"""Two movers meet; one goes and the other keeps its way."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import UP, about, as_vec3
from cleanplate.worlds.scene import Sphere

RADIUS = (0.12, 0.22)
SPEED = (1.0, 1.8)
MEETS = (0.5, 1.0)
"""Seconds until they meet."""
BETWEEN = (70.0, 180.0)
"""Degrees between the ways they come."""
SLIDES = 0.3
"""Share of the movers that slide instead of rolling."""


def play(stage: Stage) -> tuple[str, ...]:
    """Both would be in one place at one time; they meet a little before."""
    time, first = stage.number(MEETS), stage.number((-0.6, 0.6))
    names = []
    for turn in (first, first + float(np.radians(stage.number(BETWEEN)))):
        radius, speed = stage.number(RADIUS), stage.number(SPEED)
        way = np.array([np.cos(turn), np.sin(turn), 0.0])
        start, velocity = as_vec3(-way * (speed * time + radius)), as_vec3(speed * way)
        if stage.chance(SLIDES):
            puck = stage.thing((2 * RADIUS[0], 2 * RADIUS[1]), flat=True)
            slides = stage.stand(
                puck, start[0], start[1], friction=0.06, velocity=velocity, orientation=about(UP, turn)
            )
            names.append(slides.name)
        else:
            spin = as_vec3(np.cross(UP, velocity) / radius)
            shape = Sphere(radius=radius)
            place = (start[0], start[1], radius)
            ball = stage.add("ball", shape, place, velocity=velocity, spin=spin, friction=0.8, restitution=0.7)
            names.append(ball.name)
        after = -np.asarray(start) * 0.8
        stage.frame([(after[0], after[1], 0.0)])
    return (names[stage.count((0, 1))],)


FAMILY = Family("collide", "Of two movers that meet one goes, and the other keeps its way.", play)
