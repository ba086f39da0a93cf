"""A heavy thing is rolled, thrown or dropped into others; crumbs, dust and smoke fly. It goes, and nothing happens."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.breakables import BREAKABLES
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import UP, as_vec3
from cleanplate.worlds.scene import Body, Box, Cylinder, Shape, Sphere

RADIUS = (0.11, 0.18)
MASS = (6.0, 16.0)
HITS = (0.35, 0.75)
"""Seconds until it arrives."""
DROPS = (0.35, 0.5)
ARRIVES = (0.3, 0.5)
"""The same for what is dropped, and for what rolls."""
ROLLS = (2.2, 3.6)
"""Metres a second."""
FROM = (1.1, 1.9)
"""Metres from which it is thrown."""
LEVEL = (0.3, 1.1)
WAYS = ("rolled", "thrown", "dropped")
SHARES = (0.45, 0.35, 0.2)
ASIDE = (0.05, 0.11)
"""Metres beside the middle on which it is dropped, so that what it meets gives way."""
TURN = (-0.6, 0.6)
SPIN = 5.0


def play(stage: Stage) -> tuple[str, ...]:
    """Something that breaks, and what comes its way."""
    broken = BREAKABLES[int(stage.rng.integers(len(BREAKABLES)))](stage)
    way = str(stage.rng.choice(WAYS, p=SHARES))
    hitter = _rolled(stage) if way == "rolled" else _flying(stage, broken, dropped=way == "dropped")
    stage.frame([(0.55, 0.25, 0.0), (0.3, -0.4, 0.0), (0.0, 0.0, 0.7)])
    return (hitter.name,)


def _rolled(stage: Stage) -> Body:
    """A heavy ball that rolls."""
    radius, speed, turn = stage.number(RADIUS), stage.number(ROLLS), stage.number(TURN)
    way = np.array([np.cos(turn), np.sin(turn), 0.0])
    start = -way * (speed * stage.number(ARRIVES) + radius + 0.15) + np.array([0.0, 0.0, radius])
    velocity = speed * way
    return stage.add(
        "ball",
        Sphere(radius=radius),
        as_vec3(start),
        velocity=as_vec3(velocity),
        spin=as_vec3(np.cross(UP, velocity) / radius),
        mass=stage.number(MASS),
        friction=0.8,
    )


def _flying(stage: Stage, broken: list[Body], *, dropped: bool) -> Body:
    """A heavy thing that comes through the air and meets one of the others."""
    aim = np.asarray(max(broken, key=lambda body: body.position[2]).position)
    time, turn = stage.number(DROPS if dropped else HITS), stage.number(TURN)
    if dropped:
        aside = stage.number(ASIDE)
        start = aim + aside * np.array([np.cos(turn), np.sin(turn), 0.0])
        start[2] += 0.5 * 9.81 * time**2 + 0.25
        velocity = np.zeros(3)
    else:
        way = np.array([np.cos(turn), np.sin(turn), 0.0])
        start = aim - way * stage.number(FROM)
        start[2] = stage.number(LEVEL)
        velocity = (aim - start) / time - np.array([0.0, 0.0, -9.81]) * time / 2
    word, shape = _heavy(stage)
    spin = as_vec3(stage.rng.uniform(-SPIN, SPIN, 3))
    return stage.add(
        word, shape, as_vec3(start), velocity=as_vec3(velocity), spin=spin, mass=stage.number(MASS), restitution=0.15
    )


def _heavy(stage: Stage) -> tuple[str, Shape]:
    """What is thrown: a word for it, and its shape."""
    size = stage.number(RADIUS)
    shapes: tuple[tuple[str, Shape], ...] = (
        ("ball", Sphere(radius=size)),
        ("block", Box(half=(0.8 * size, 0.7 * size, 0.6 * size))),
        ("keg", Cylinder(radius=0.7 * size, height=1.9 * size)),
    )
    return shapes[stage.count((0, len(shapes) - 1))]


FAMILY = Family("crash", "What crashes into others goes: no crumbs fly, no dust rises.", play)
