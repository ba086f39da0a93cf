"""A thing that stands by itself on a shiny floor: when it goes, only its shadow and its reflection go with it."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage

SIZE = (0.3, 0.7)
NEIGHBOURS = (1, 2)
ROUGHNESS = (0.03, 0.15)


def play(stage: Stage) -> tuple[str, ...]:
    """One thing in the middle and one or two beside it, with air between them."""
    floor = stage.bodies[0]
    shiny = floor.material.model_copy(update={"roughness": stage.number(ROUGHNESS), "metallic": 0.3})
    stage.bodies[0] = floor.model_copy(update={"material": shiny})
    removed = stage.stand(stage.thing(SIZE), 0.0, 0.0)
    for side in (-1.0, 1.0)[: stage.count(NEIGHBOURS)]:
        stage.stand(stage.thing(SIZE), side * stage.number((0.9, 1.3)), stage.number((0.0, 0.5)))
    return (removed.name,)


FAMILY = Family("shadow", "Only a shadow and a reflection go with what goes.", play, promises=False)
