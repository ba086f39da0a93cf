"""Things move, but what goes had nothing to do with them."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.rollers import add_roller
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Sphere

SIZE = (0.25, 0.5)
RADIUS = (0.1, 0.2)
SPEED = (0.4, 1.2)
DROP = (0.6, 1.1)
BEHIND = (0.7, 1.0)
"""Metres by which the ways of the others pass behind."""


def play(stage: Stage) -> tuple[str, ...]:
    """One thing rests in front while another rolls by behind it and a ball bounces beside it."""
    removed = stage.stand(stage.thing(SIZE), stage.number((-0.4, 0.4)), 0.0)
    radius, speed, y = stage.number(RADIUS), stage.side() * stage.number(SPEED), stage.number(BEHIND)
    add_roller(stage, (-speed, y, radius), radius, speed=speed)
    stage.frame([(speed, y, radius)])
    if stage.chance(0.6):
        radius = stage.number(RADIUS)
        ball = Sphere(radius=radius)
        stage.add("ball", ball, (stage.side() * 1.4, -0.1, stage.number(DROP) + radius), restitution=0.8)
    return (removed.name,)


FAMILY = Family("bystander", "What goes had nothing to do with what moves.", play, promises=False)
