"""A chain of dominoes falls; some are taken out and it stops there."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Box

COUNT = (6, 9)
HEIGHT = (0.3, 0.5)
GAP = (0.42, 0.55)
"""From face to face, in shares of the height."""
PUSH = (1.8, 2.6)
"""Radians a second with which the first one tips."""
OUT = (1, 2)


def play(stage: Stage) -> tuple[str, ...]:
    """The first tips about its lower edge; one or two on end go from the middle."""
    count, height = stage.count(COUNT), stage.number(HEIGHT)
    thick = 0.16 * height
    step = thick + stage.number(GAP) * height
    half = (thick / 2, 0.25 * height, height / 2)
    names = []
    for place in range(count):
        spin = stage.number(PUSH) if place == 0 else 0.0
        tip = {"spin": (0.0, spin, 0.0), "velocity": (spin * height / 2, 0.0, spin * thick / 2)}
        position = ((place - (count - 1) / 2) * step, 0.0, height / 2)
        names.append(stage.add("domino", Box(half=half), position, friction=0.5, restitution=0.05, **tip).name)
    stage.frame([((count + 1) / 2 * step, 0.0, 0.0)])
    out = stage.count(OUT)
    first = stage.count((1, count - 3))
    return tuple(names[first : first + min(out, count - 2 - first)])


FAMILY = Family("dominoes", "Some of a chain of dominoes are taken out, and it stops there.", play)
