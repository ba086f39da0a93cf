"""A tower of things of which one or two below the top go."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage

STOREYS = (3, 5)
SIZE = (0.2, 0.4)
OFFSET = 0.15
"""Of a thing from the middle of the one below, in shares of its seat."""
TWO = 0.25
"""Share of the scenes in which two go."""


def play(stage: Stage) -> tuple[str, ...]:
    """The things get smaller upwards, so that the tower stands safely."""
    storeys = stage.count(STOREYS)
    things = [stage.thing(SIZE, flat=True) for _ in range(storeys)]
    things.sort(key=lambda thing: -thing.seat)
    things[-1] = stage.thing((SIZE[0], 1.2 * SIZE[0]))
    level, x, y, names = 0.0, 0.0, 0.0, []
    for thing in things:
        names.append(stage.stand(thing, x, y, level).name)
        level += thing.height
        x += OFFSET * thing.seat * stage.number((-1, 1))
        y += OFFSET * thing.seat * stage.number((-1, 1))
    stage.frame([(0.7, 0.0, 0.0), (-0.7, 0.0, 0.0)])
    first = stage.count((0, storeys - 2))
    return (names[first], names[first + 1]) if stage.chance(TWO) and first < storeys - 2 else (names[first],)


FAMILY = Family("tower", "A storey of a tower is taken away and what stood above comes down.", play)
