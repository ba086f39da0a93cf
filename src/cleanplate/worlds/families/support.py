"""Something stands on a support; the support goes and it falls."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Box, Cylinder, Part

HEIGHT = (0.3, 0.75)
WIDTH = (0.25, 0.45)
LOAD = (0.15, 0.35)
BRIDGES = 0.4
"""Share of the scenes with a plank over two pillars of which one goes."""
SPAN = (0.9, 1.4)
PLANK = 0.04
"""Thickness, metres."""


def play(stage: Stage) -> tuple[str, ...]:
    """One support with a load, or a bridge that loses a pillar."""
    return _bridge(stage) if stage.chance(BRIDGES) else _stand(stage)


def _stand(stage: Stage) -> tuple[str, ...]:
    height, half = stage.number(HEIGHT), stage.number(WIDTH) / 2
    if stage.chance(0.4):
        legs = tuple(
            Part(shape=Box(half=(0.02, 0.02, height / 2 - 0.02)), position=(x, y, -height / 2))
            for x in (-half + 0.02, half - 0.02)
            for y in (-half + 0.02, half - 0.02)
        )
        support = stage.add("stool", Box(half=(half, half, 0.02)), (0.0, 0.0, height - 0.02), parts=legs)
    elif stage.chance(0.5):
        support = stage.add("column", Cylinder(radius=half, height=height), (0.0, 0.0, height / 2))
    else:
        support = stage.add("pedestal", Box(half=(half, half, height / 2)), (0.0, 0.0, height / 2))
    reach = 0.4 * half
    stage.stand(stage.thing(LOAD), stage.number((-reach, reach)), stage.number((-reach, reach)), height)
    stage.frame([(0.6, 0.0, 0.0), (-0.6, 0.0, 0.0)])
    return (support.name,)


def _bridge(stage: Stage) -> tuple[str, ...]:
    height, half, span = stage.number(HEIGHT), stage.number(WIDTH) / 2, stage.number(SPAN)
    pillars = [
        stage.add("pillar", Box(half=(half / 2, half, height / 2)), (x, 0.0, height / 2)) for x in (-span / 2, span / 2)
    ]
    plank = Box(half=(span / 2 + half, half, PLANK / 2))
    stage.add("plank", plank, (0.0, 0.0, height + PLANK / 2))
    stage.stand(stage.thing(LOAD), stage.number((-0.3, 0.3)) * span, 0.0, height + PLANK)
    return (pillars[stage.count((0, 1))].name,)


FAMILY = Family("support", "A support is taken away and what stood on it falls.", play)
