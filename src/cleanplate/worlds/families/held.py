"""A hand holds something in the air, or it hangs from a stand; the holder goes and it falls."""

from __future__ import annotations

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.hands import THICK, add_hand
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Box, Constraint, Cylinder, Keyframe, Part, Sphere

LEVEL = (0.35, 0.8)
"""Of the held thing's foot above the floor."""
SIZE = (0.15, 0.3)
LIFT = (-0.3, 0.3)
HANGS = 0.45
CORD = (0.25, 0.5)
SWING = (0.0, 1.2)


def play(stage: Stage) -> tuple[str, ...]:
    """A hand, still or moving, or a stand with a cord."""
    return _hung(stage) if stage.chance(HANGS) else _held(stage)


def _held(stage: Stage) -> tuple[str, ...]:
    level, thing = stage.number(LEVEL), stage.thing(SIZE)
    top = level + thing.height
    held = stage.stand(thing, 0.0, 0.0, level)
    palm = (0.0, 0.0, top + THICK + 0.1)
    path: tuple[Keyframe, ...] = ()
    if stage.chance(0.5):
        drift = (stage.number(LIFT), stage.number(LIFT), 0.0)
        end = (palm[0] + drift[0], palm[1] + drift[1], palm[2])
        path = (Keyframe(time=0.0, position=palm), Keyframe(time=2.0, position=end))
        stage.frame([end, (end[0], end[1], 0.0)])
        velocity = (drift[0] / 2, drift[1] / 2, 0.0)
        stage.bodies[-1] = held.model_copy(update={"velocity": velocity})
    hand = add_hand(stage, palm, 2 * thing.radius, path)
    kind = "ball" if stage.chance(0.3) else "fixed"
    stage.join(Constraint(kind=kind, a=held.name, b=hand.name, at=(0.0, 0.0, thing.height / 2 + 0.1 + THICK)))
    stage.frame([(0.5, 0.0, 0.0), (-0.5, 0.0, 0.0)])
    return (hand.name,)


def _hung(stage: Stage) -> tuple[str, ...]:
    radius, cord = stage.number(SIZE) / 2, stage.number(CORD)
    beam = stage.number(LEVEL) + 2 * radius + cord
    half, arm = 0.03, radius + 0.25
    foot = Part(shape=Box(half=(0.25, 0.25, 0.02)), position=(0.0, 0.0, 0.02 - beam / 2))
    jib = Part(shape=Box(half=(arm / 2, half, half)), position=(arm / 2, 0.0, beam / 2 + half))
    stand = stage.add("stand", Box(half=(half, half, beam / 2)), (-arm, 0.0, beam / 2), parts=(foot, jib), mass=0.0)
    string = Part(shape=Cylinder(radius=0.008, height=cord), position=(0.0, 0.0, cord / 2 + radius))
    shape = Sphere(radius=radius) if stage.chance(0.5) else Box(half=(radius, radius, radius))
    word = "ball" if isinstance(shape, Sphere) else "lantern"
    swing = stage.side() * stage.number(SWING)
    length = cord + radius
    hung = stage.add(
        word,
        shape,
        (0.0, 0.0, beam - length),
        parts=(string,),
        velocity=(0.0, swing * length, 0.0),
        spin=(swing, 0.0, 0.0),
        rolling_friction=0.005,
    )
    stage.join(Constraint(kind="ball", a=hung.name, b=stand.name, at=(0.0, 0.0, length)))
    stage.frame([(0.5, 0.3, 0.0), (-0.5, -0.3, 0.0)])
    return (stand.name,)


FAMILY = Family("held", "A hand or stand lets go of what it held in the air.", play)
