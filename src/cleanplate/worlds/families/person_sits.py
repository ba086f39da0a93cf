"""Somebody sits on a chair, a stool or a box; without them that stands there just the same."""

from __future__ import annotations

from cleanplate.worlds.families.cast import MOTION_RATE, Actor, actor, enter, facing_of, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.seats import add_seat
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import sit, turned
from cleanplate.worlds.people.skeleton import Motion
from cleanplate.worlds.quaternion import about

SEAT = (0.24, 0.265)
"""Height of a seat over that of who sits on it."""
NEIGHBOURS = (0, 2)
SIZE = (0.2, 0.45)


def play(stage: Stage) -> tuple[str, ...]:
    """Alone, or with things standing beside."""
    who, motion = seated(stage)
    for side in (-1.0, 1.0)[: stage.count(NEIGHBOURS)]:
        stage.stand(stage.thing(SIZE), side * stage.number((0.9, 1.3)), stage.number((0.2, 0.6)))
    return enter(stage, who, motion)


def seated(stage: Stage) -> tuple[Actor, Motion]:
    """Somebody on a seat over the origin."""
    who, facing = actor(stage), facing_of(stage)
    seat = stage.number(SEAT) * who.build.height
    add_seat(stage, seat, orientation=about((0, 0, 1), facing))
    motion = sit(who.skeleton, times(), MOTION_RATE, who.manner, seat=seat, girth=who.build.girth).motion()
    return who, turned(motion, facing, (0.0, 0.0))


FAMILY = Family("person-sits", "Somebody who sits goes, and the seat stays as it is.", play, promises=False)
