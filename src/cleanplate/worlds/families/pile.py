"""A heap of things that came to rest on each other; one from below goes."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.families.settle import settle
from cleanplate.worlds.scene import Sphere

COUNT = (6, 9)
SIZE = (0.2, 0.38)
SPREAD = 0.16
BALLS = 0.3


def play(stage: Stage) -> tuple[str, ...]:
    """They fall one on the other before the clip starts."""
    level, first = 0.3, len(stage.bodies)
    for _ in range(stage.count(COUNT)):
        x, y = stage.number((-SPREAD, SPREAD)), stage.number((-SPREAD, SPREAD))
        if stage.chance(BALLS):
            radius = stage.number(SIZE) / 2
            ball = {"rolling_friction": 0.05, "spinning_friction": 0.05, "angular_damping": 0.2}
            stage.add("ball", Sphere(radius=radius), (x, y, level + radius), **ball)
            level += 2 * radius
        else:
            thing = stage.thing(SIZE, flat=True)
            stage.stand(thing, x, y, level)
            level += thing.height
        level += 0.05
    ways = settle(stage, first)
    names = [body.name for body in stage.bodies[first:]]
    heights = dict(zip(ways.names, ways.positions[-1, :, 2], strict=True))

    def carries(name: str) -> int:
        """How many higher things lie on it."""
        pairs = [pair for pair in ways.contacts[-1] if name in pair and pair <= set(names)]
        return sum(heights[next(iter(pair - {name}))] > heights[name] for pair in pairs)

    return (max(names, key=carries),)


FAMILY = Family("pile", "One thing from below goes out of a heap, and others sink.", play)
