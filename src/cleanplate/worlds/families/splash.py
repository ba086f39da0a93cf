"""A thing falls, rolls or is thrown into a pool; without it the water stays calm, and what floats there at rest."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Body, Box, Cylinder, Emitter, Material, Part, Role, Sphere, Water

LENGTH, BREADTH = (1.5, 2.2), (1.1, 1.5)
DEPTH = (0.22, 0.32)
RIM = (0.06, 0.1)
"""Of the pool's walls: how thick they are."""
ABOVE = 0.07
"""Metres by which the walls stand above the water."""
SLAB = 0.04
RADIUS = (0.09, 0.16)
SIZE = (0.18, 0.3)
DROP = (0.35, 0.9)
SPEED = (1.2, 2.0)
WAYS = ("falls", "rolls", "is thrown")
SHARES = (0.45, 0.2, 0.35)
LIGHT, HEAVY = (250.0, 600.0), (1300.0, 2500.0)
"""Kilograms a cubic metre: what floats and what sinks."""
SINKS = 0.5
FLOATS = (1, 2)
TINTS = ((0.10, 0.34, 0.38), (0.12, 0.38, 0.48), (0.15, 0.36, 0.28), (0.13, 0.29, 0.46))
DROPLETS, DROPLET = (140, 300), (0.003, 0.012)
"""How many, and their radii (m)."""
SPRAY = (0.86, 0.92, 0.95)
CALM = {"restitution": 0.05, "friction": 0.5}


def play(stage: Stage) -> tuple[str, ...]:
    """A pool with one or two floats, and what splashes into it."""
    half, level = _pool(stage)
    way = str(stage.rng.choice(WAYS, p=SHARES))
    x, y = stage.number((-0.35, 0.1)) * half[0], stage.number((-0.3, 0.3)) * half[1]
    density = stage.number(HEAVY if stage.chance(SINKS) else LIGHT)
    if way == "falls":
        _fall(stage, (x, y, level + stage.number(DROP)))
    elif way == "is thrown":
        _throw(stage, (x, y, level), -half[0] - 0.5)
    else:
        _roll(stage, half[0], level)
    diver = _weigh(stage, density)
    _add_floats(stage, half, level)
    drops = {"amount": stage.count(DROPLETS), "size": DROPLET, "colour": SPRAY, "seed": stage.seed()}
    stage.emit(Emitter.model_validate({"kind": "splash", "owner": "water", **drops}))
    return (diver.name,)


def _pool(stage: Stage) -> tuple[tuple[float, float], float]:
    """Walls, a bottom and water; half the water's edges, and how high it stands."""
    x, y = stage.number(LENGTH) / 2, stage.number(BREADTH) / 2
    depth, wall = stage.number(DEPTH), stage.number(RIM)
    top = SLAB + depth + ABOVE
    middle = (top - SLAB) / 2
    sides = [
        Part(shape=Box(half=half), position=(px, py, middle))
        for half, px, py in (
            ((x + wall, wall / 2, top / 2), 0.0, y + wall / 2),
            ((x + wall, wall / 2, top / 2), 0.0, -y - wall / 2),
            ((wall / 2, y, top / 2), x + wall / 2, 0.0),
            ((wall / 2, y, top / 2), -x - wall / 2, 0.0),
        )
    ]
    options = {"mass": 0.0, "parts": tuple(sides), "material": stage.looks.wall(), "role": Role.SET}
    bottom = Box(half=(x + wall, y + wall, SLAB / 2))
    stage.add("pool", bottom, (0.0, 0.0, SLAB / 2), name="pool", noun="pool", **options)
    tint = TINTS[stage.count((0, len(TINTS) - 1))]
    material = Material(colour=tint, roughness=0.03)
    shape = Water(half=(x, y, depth / 2))
    place = (0.0, 0.0, SLAB + depth / 2)
    stage.add("water", shape, place, name="water", noun="water", mass=0.0, solid=False, material=material)
    return (x, y), SLAB + depth


def _fall(stage: Stage, foot: tuple[float, float, float]) -> Body:
    """A ball or something else from above, a little turned."""
    if stage.chance(0.5):
        radius = stage.number(RADIUS)
        place = (foot[0], foot[1], foot[2] + radius)
        return stage.add("ball", Sphere(radius=radius), place, **CALM)
    thing = stage.thing(SIZE)
    turn = about((1.0, 0.3, 0.0), stage.number((-0.5, 0.5)))
    place = (foot[0], foot[1], foot[2] + thing.radius + thing.height / 2)
    return stage.add(thing.word, thing.shape, place, **{"parts": thing.parts, "orientation": turn, **thing.own, **CALM})


def _throw(stage: Stage, aim: tuple[float, float, float], start: float) -> Body:
    """A ball that comes over the wall and goes down at `aim`."""
    radius, rise, seconds = stage.number(RADIUS), stage.number((0.25, 0.5)), stage.number((0.5, 0.7))
    place = (start, aim[1], aim[2] + rise)
    velocity = ((aim[0] - start) / seconds, 0.0, 9.81 * seconds / 2 - rise / seconds)
    top = place[2] + max(velocity[2], 0.0) ** 2 / 2 / 9.81
    stage.frame([(start / 2, aim[1], top + radius)])
    return stage.add("ball", Sphere(radius=radius), place, velocity=velocity, **CALM)


def _roll(stage: Stage, reach: float, level: float) -> Body:
    """A ball on a shelf beside the pool, which it leaves over the wall."""
    radius, long, speed = stage.number((0.09, 0.13)), stage.number((0.5, 0.8)), stage.number(SPEED)
    top = level + ABOVE + 0.02
    half = (long / 2, 0.22, top / 2)
    y = stage.number((-0.2, 0.2))
    middle = -reach - 0.11 - half[0]
    stage.add("shelf", Box(half=half), (middle, y, top / 2), mass=0.0, role=Role.SET, name="shelf", noun="shelf")
    place = (middle - stage.number((-0.1, 0.3)) * half[0], y, top + radius)
    options = {"velocity": (speed, 0.0, 0.0), "spin": (0.0, speed / radius, 0.0)}
    return stage.add("ball", Sphere(radius=radius), place, friction=0.8, restitution=0.05, **options)


def _weigh(stage: Stage, density: float) -> Body:
    """The last thing, as heavy as something of so many kilograms a cubic metre."""
    body = stage.bodies[-1].model_copy(update={"mass": density * inertia(stage.bodies[-1], stage.assets).volume})
    stage.bodies[-1] = body
    return body


def _add_floats(stage: Stage, half: tuple[float, float], level: float) -> None:
    """Things that lie in the water as deep as their weight wants, away from where the other goes in."""
    for number in range(stage.count(FLOATS)):
        density = stage.number((300.0, 550.0))
        place = (
            half[0] * stage.number((0.45, 0.75)),
            half[1] * (0.45 if number else -0.45) + stage.number((-0.1, 0.1)),
        )
        draft = density / 1000.0
        shape: Box | Cylinder
        if stage.chance(0.5):
            width, high = stage.number((0.14, 0.24)), stage.number((0.07, 0.1))
            shape, word = Box(half=(width / 2, 0.8 * width / 2, high / 2)), "block"
        else:
            width, high = stage.number((0.14, 0.22)), stage.number((0.06, 0.09))
            shape, word = Cylinder(radius=width / 2, height=high), "disc"
        z = level + high / 2 - draft * high
        turn = about((0.0, 0.0, 1.0), stage.number((-np.pi, np.pi)))
        stage.add(word, shape, (*place, z), orientation=turn, **CALM)
        _weigh(stage, density)


FAMILY = Family("splash", "What splashes into water goes, and the water stays calm.", play)
