"""Hands that hold a thing on the stage: it is fastened to one of them, and goes its own way without it."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.families.cast import Actor, enter
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.families.things import Thing
from cleanplate.worlds.people.grips import PALM, at_its_sides, facing, under_it
from cleanplate.worlds.people.skeleton import Array, Motion
from cleanplate.worlds.scene import Body, Box, Constraint, Cylinder

_NEAR = 0.16
"""Metres from the middle of the trunk to the nearest side of what is held before it."""
_UPON = 0.4
"""Share of the things that are held from below, where hands could also take their sides."""


def hold(
    stage: Stage, who: Actor, motion: Motion, thing: Thing, place: Array, *, upon: bool | None = None
) -> tuple[str, ...]:
    """Puts somebody on the stage with a thing in their hands; the names of their bodies.

    Args:
        motion: theirs, whose arms then go to the thing.
        place: T x 3, of the thing's middle.
        upon: it lies on the palms; by chance when it is not said.
    """
    pitch = stage.number((0.0, 0.25))
    below = stage.chance(_UPON) if upon is None else upon
    if below or not isinstance(thing.shape, Box | Cylinder):
        motion = under_it(motion, place - np.array([0.0, 0.0, thing.height / 2]), 0.45 * thing.radius)
    else:
        aside = thing.shape.half[1] if isinstance(thing.shape, Box) else thing.shape.radius
        motion = at_its_sides(motion, place, aside, pitch=pitch)
    names = enter(stage, who, motion)
    turn = quaternion.as_quaternion(facing(motion)[0])
    velocity = quaternion.as_vec3((place[1] - place[0]) * motion.rate)
    fields = {"orientation": turn, "parts": thing.parts, "velocity": velocity, **thing.own}
    held = stage.add(thing.word, thing.shape, quaternion.as_vec3(place[0]), **fields)
    fasten(stage, held, f"{who.name}.right hand")
    return names


def reach_of(thing: Thing) -> float:
    """Metres ahead of the hips at which a thing of that size is held."""
    return _NEAR + thing.radius + PALM


def fasten(stage: Stage, held: Body, bone: str) -> None:
    """Joins a thing to a bone, as they are when the scene starts."""
    start = next(body for body in stage.bodies if body.name == bone).path[0]
    back = quaternion.conjugate(held.orientation)
    at = quaternion.rotate(back, np.subtract(start.position, held.position))
    stage.join(Constraint(kind="fixed", a=held.name, b=bone, at=quaternion.as_vec3(at)))
