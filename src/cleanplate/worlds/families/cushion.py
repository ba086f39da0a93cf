"""Something lies on a cushion, or falls onto it; without it the cushion has no dent."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.families.settle import settle
from cleanplate.worlds.families.things import Thing
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Body, Box, Cushion, Material, Sphere, Texture, Vec3

WIDTH = (0.55, 0.85)
DEPTH = (0.45, 0.65)
HEIGHT = (0.16, 0.26)
SIZE = (0.2, 0.34)
TOP_SIZE = (0.12, 0.2)
SINKS = (0.25, 0.45)
"""Share of its height by which a cushion gives under what rests on it."""
DROP = (0.3, 0.7)
"""Metres that a thing falls before it meets the cushion."""
FALL_STIFFER = 3.0
"""As often as that stiffer is a cushion that something falls onto; it gives more than its share when hit."""
WAYS = ("lies", "carries", "falls", "leans")
SHARES = (0.35, 0.25, 0.25, 0.15)
SECOND = 0.4
"""Share of the scenes with another cushion."""
SUPPORTED_AT = 4
"""Points at which a thing with a flat foot rests."""
GRAVITY = 9.81
CALM = {"rolling_friction": 0.02, "spinning_friction": 0.02, "angular_damping": 0.3, "restitution": 0.0}


def play(stage: Stage) -> tuple[str, ...]:
    """One way by chance; what is at rest has pressed the cushion before the clip starts."""
    way = str(stage.rng.choice(WAYS, p=SHARES))
    high = stage.number(HEIGHT)
    half = (stage.number(WIDTH) / 2, stage.number(DEPTH) / 2, high / 2)
    ball = way == "falls" and stage.chance(0.5)
    thing = stage.thing(SIZE) if way == "falls" else _boxlike(stage)
    first = len(stage.bodies)
    drop = stage.number(DROP) if way == "falls" else 0.0
    load = _load(stage, thing, high + drop, ball=ball)
    _lay(stage, half, load.mass, points=1 if ball else SUPPORTED_AT, stiffer=FALL_STIFFER if drop else 1.0)
    if way == "carries":
        stage.stand(stage.thing(TOP_SIZE), 0.0, 0.0, high + thing.height, **CALM)
    elif way == "leans":
        _lean(stage, thing, high, half[0])
    if stage.chance(SECOND):
        _another(stage, half, _boxlike(stage) if stage.chance(0.6) else None)
    if not drop:
        settle(stage, first)
    stage.frame([(half[0], 0.0, 0.0), (-half[0], 0.0, 0.0), (0.0, 0.0, high + 0.1)])
    return (load.name,)


def _boxlike(stage: Stage) -> Thing:
    """A thing whose foot rests evenly from the first step on: Bullet finds all four corners of a box at once."""
    while not isinstance((thing := stage.thing(SIZE, flat=True)).shape, Box):
        pass
    return thing


def _load(stage: Stage, thing: Thing, level: float, *, ball: bool) -> Body:
    if ball:
        radius = thing.height / 2
        return stage.add("ball", Sphere(radius=radius), (0.0, 0.0, level + radius), **CALM)
    return stage.stand(thing, stage.number((-0.06, 0.06)), stage.number((-0.04, 0.04)), level, **CALM)


def _lay(
    stage: Stage,
    half: Vec3,
    mass: float,
    *,
    points: int = SUPPORTED_AT,
    stiffer: float = 1.0,
    place: tuple[float, float] = (0.0, 0.0),
) -> Body:
    """A cushion that gives as much as it should under so much on so many points, or is stiffer."""
    stiffness = stiffer * mass * GRAVITY / (points * 2 * half[2] * stage.number(SINKS))
    shape = Cushion(
        half=half,
        stiffness=stiffness,
        damping=1.2 * float(np.sqrt(stiffness * mass / points)),
        recovery=stage.number((0.2, 0.6)),
    )
    turn = about((0.0, 0.0, 1.0), stage.number((-0.4, 0.4)))
    words, looks = stage.looks.thing()
    cloth = looks.texture or Texture(name="fabric", seed=stage.seed(), scale=stage.number((0.1, 0.25)))
    material = Material(colour=looks.colour, texture=cloth, roughness=0.95)
    name = f"{words} cushion"
    options = {
        "name": name,
        "noun": name,
        "mass": 0.0,
        "friction": 1.2,
        "restitution": 0.0,
        "material": material,
        "orientation": turn,
    }
    return stage.add("cushion", shape, (*place, half[2]), **options)


def _another(stage: Stage, half: Vec3, thing: Thing | None) -> None:
    """Beside the first, with a thing on it that nobody touches, or with none."""
    side = stage.side()
    x, y = side * (2.4 * half[0] + 0.1), stage.number((0.0, 0.2))
    mass = 2.0
    if thing is not None:
        mass = stage.stand(thing, x, y, 2 * half[2], **CALM).mass
    _lay(stage, half, mass, place=(x, y))


def _lean(stage: Stage, thing: Thing, high: float, reach: float) -> None:
    """A board from the floor beside the cushion against the thing on it."""
    side = stage.side()
    top, foot = high + 0.75 * thing.height, reach + stage.number((0.06, 0.14))
    near = thing.radius
    angle = float(np.arctan2(top, foot - near))
    length, thick = float(np.hypot(top, foot - near)) + 0.1, 0.025
    middle = np.array([foot, 0.0]) + length / 2 * np.array([-np.cos(angle), np.sin(angle)])
    middle += thick / 2 * np.array([np.sin(angle), np.cos(angle)])
    turn = about((0.0, 1.0, 0.0), side * angle)
    place = (side * float(middle[0]), 0.0, float(middle[1]))
    stage.add("board", Box(half=(length / 2, 0.08, thick / 2)), place, orientation=turn, friction=0.9, restitution=0.0)


FAMILY = Family("cushion", "What lies on a cushion or falls onto it goes, and leaves no dent.", play)
