"""A heap of things that came to rest on each other; one from below goes."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.families.settle import settle
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Sphere

LAYERS = ((3, 4), (2, 3), (1, 1))
"""How many things lie in each layer, from below."""
RINGS = (0.23, 0.13, 0.0)
"""Radius of the circle on which a layer's things come down, metres."""
SIZE = (0.22, 0.36)
APART = 0.42
"""Metres between the layers' feet before they fall."""
BALLS = 0.2
CALM = {"rolling_friction": 0.03, "spinning_friction": 0.03, "angular_damping": 0.2, "linear_damping": 0.1}
"""So that what is round comes to rest on the heap."""
TRIES = 6


def play(stage: Stage) -> tuple[str, ...]:
    """They fall before the clip starts; one that bears others goes. A heap that fell apart is tried again."""
    first = len(stage.bodies)
    for _ in range(TRIES):
        del stage.bodies[first:]
        _drop(stage)
        loads = _loads(stage, first, settle(stage, first))
        if max(loads.values()) > 0:
            break
    # Of those that bear others, the one nearest to the camera: it is seen.
    depth = {body.name: body.position[1] for body in stage.bodies[first:]}
    return (min(loads, key=lambda name: (loads[name] == 0, depth[name])),)


def _drop(stage: Stage) -> None:
    """Layers above each other in the air."""
    for layer, (numbers, ring) in enumerate(zip(LAYERS, RINGS, strict=True)):
        number, turn, foot = stage.count(numbers), stage.number((0.0, 2 * np.pi)), 0.02 + APART * layer
        for place in range(number):
            angle = turn + 2 * np.pi * place / number
            x, y = ring * float(np.cos(angle)), ring * float(np.sin(angle))
            if stage.chance(BALLS) and layer:
                radius = stage.number(SIZE) / 2
                stage.add("ball", Sphere(radius=radius), (x, y, foot + radius), **CALM)
            else:
                stage.stand(stage.thing(SIZE, flat=True), x, y, foot, **CALM)


def _loads(stage: Stage, first: int, ways: Trajectories) -> dict[str, int]:
    """For each thing of the heap, how many others with a higher middle touch it."""
    height = {body.name: body.position[2] for body in stage.bodies[first:]}
    return {
        name: sum(
            height[other] > height[name]
            for pair in ways.contacts[-1]
            if name in pair and pair <= set(height)
            for other in pair - {name}
        )
        for name in height
    }


FAMILY = Family("pile", "One thing from below goes out of a heap, and others sink.", play)
