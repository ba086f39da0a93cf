"""A moving thing strikes one at rest; it goes and the other stays where it is."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.rollers import add_roller
from cleanplate.worlds.families.set import Stage

RADIUS = (0.12, 0.22)
SPEED = (1.8, 3.2)
AWAY = (0.5, 1.1)
SIZE = (0.2, 0.45)
TARGETS = (1, 3)
GAP = 0.06


def play(stage: Stage) -> tuple[str, ...]:
    """A roller and one to three things in its way."""
    radius = stage.number(RADIUS)
    striker = add_roller(stage, (-stage.number(AWAY) - radius, 0.0, radius), radius, speed=stage.number(SPEED))
    stage.bodies[-1] = striker.model_copy(update={"mass": max(striker.mass, 3.0)})
    x = 0.0
    for _ in range(stage.count(TARGETS)):
        thing = stage.thing(SIZE)
        x += thing.radius
        stage.stand(thing, x, stage.number((-0.3, 0.3)) * radius)
        x += thing.radius + GAP
    stage.frame([(x + 0.6, 0.0, 0.0)])
    return (striker.name,)


FAMILY = Family("struck", "What strikes a thing at rest goes, and that stays where it is.", play)
