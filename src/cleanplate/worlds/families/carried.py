"""A trolley, tray or hand carries something along; it goes and what it carried falls."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Box, Cylinder, Keyframe, Part

SPEED = (0.3, 0.8)
DECK = (0.2, 0.5)
"""Height of what it stands on."""
HALF = (0.25, 0.35)
WHEEL = 0.35
"""Metres: a deck that is higher has no greater wheels."""
LOAD = (0.15, 0.32)
LOADS = (1, 2)


def play(stage: Stage) -> tuple[str, ...]:
    """The load starts with the trolley's speed."""
    speed, deck, half = stage.side() * stage.number(SPEED), stage.number(DECK), stage.number(HALF)
    wheel, high = 0.3 * min(deck, WHEEL), deck - 0.3 * min(deck, WHEEL)
    middle = deck - high / 2
    wheels = tuple(
        Part(
            shape=Cylinder(radius=wheel, height=0.04),
            position=(x, y, wheel + 0.002 - middle),
            orientation=about((1.0, 0.0, 0.0), np.pi / 2),
        )
        for x in (-half + wheel, half - wheel)
        for y in (-0.25, 0.25)
    )
    start, end = (-speed, 0.0, middle), (speed, 0.0, middle)
    path = (Keyframe(time=0.0, position=start), Keyframe(time=2.0, position=end))
    shape = Box(half=(half, 0.24, high / 2))
    trolley = stage.add("trolley", shape, start, parts=wheels, path=path, mass=0.0, friction=1.0)
    loads = stage.count(LOADS)
    for place in range(loads):
        x = start[0] + (place - (loads - 1) / 2) * half
        size = LOAD if loads == 1 else (0.8 * LOAD[0], 0.8 * half)
        stage.stand(stage.thing(size), x, 0.0, deck, velocity=(speed, 0.0, 0.0), friction=0.9)
    stage.frame([(end[0] + half, 0.0, deck), (end[0] - half, 0.0, deck)])
    return (trolley.name,)


FAMILY = Family("carried", "What carries things along goes, and they fall.", play, held_out=True)
