"""People on a stage: who they are, and how they walk on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import Manner, moments, turned
from cleanplate.worlds.people.body import Dress, names_of, person, somebody
from cleanplate.worlds.people.figure import HEIGHT
from cleanplate.worlds.people.library import heading
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton
from cleanplate.worlds.people.skin import build_of, skeleton_of
from cleanplate.worlds.scene import Build, Material

MOTION_RATE = 24.0
SECONDS = 4.0
"""Of a motion: longer than clips mostly are."""
SHOWN = 2.0
"""Seconds that the camera frames."""
_PACE = (0.9, 1.4)
_ASIDE = 0.3
"""Metres beside somebody's middle that are theirs."""


@dataclass(frozen=True)
class Actor:
    """Somebody who is about to walk on."""

    name: str
    build: Build
    skeleton: Skeleton
    manner: Manner
    shirt: Material

    @property
    def scale(self) -> float:
        """Their height over the standard figure's."""
        return self.build.height / HEIGHT


def actor(stage: Stage, speed: tuple[float, float] = _PACE) -> Actor:
    """Somebody with a shirt that words can name."""
    build = somebody(stage.rng)
    words, shirt = stage.looks.thing()
    manner = Manner(speed=stage.number(speed), phase=stage.number((0.0, 1.0)), arms=stage.number((0.7, 1.2)))
    shirt = shirt.model_copy(update={"metallic": 0.0, "roughness": 0.9})
    return Actor(f"person in the {words} shirt", build, skeleton_of(build), manner, shirt)


def recorded(stage: Stage) -> Motion | None:
    """One of the stage's recorded motions, from some moment on, looking along x; None where there are none."""
    if not stage.motions:
        return None
    motion = stage.motions[stage.count((0, len(stage.motions) - 1))].resampled(MOTION_RATE)
    first = stage.count((0, max(0, len(motion) - 1 - int(SHOWN * MOTION_RATE))))
    part = Motion(motion.skeleton, motion.rate, motion.root[first:], motion.turns[first:])
    part = turned(part, -heading(part), (0.0, 0.0))
    return turned(part, 0.0, (-float(part.root[0, 0]), -float(part.root[0, 1])))


def in_the_body_of(who: Actor, motion: Motion) -> Actor:
    """Somebody like that with the bones of a recorded motion."""
    return replace(who, build=build_of(motion.skeleton, who.build), skeleton=motion.skeleton)


def times() -> Array:
    """Of a motion's frames, seconds."""
    return moments(SECONDS, MOTION_RATE)


def enter(stage: Stage, who: Actor, motion: Motion, *, solid: Collection[str] = ()) -> tuple[str, ...]:
    """Puts somebody on the stage, in the camera's view; the names of their bodies."""
    dress = Dress.sample(stage.rng)
    for body in person(motion, who.name, build=who.build, dress=dress, solid=solid):
        worn = body.name == f"{who.name}'s shirt"
        stage.bodies.append(body.model_copy(update={"material": who.shirt}) if worn else body)
    tops = motion.world()[0][:, motion.skeleton.index("head top"), 2]
    shown = int(SHOWN * motion.rate) + 1
    for (x, y, _), top in zip(motion.root[:shown:6].tolist(), tops[:shown:6].tolist(), strict=True):
        for aside in (-_ASIDE, _ASIDE):
            stage.frame([(x + aside, y, 0.0), (x + aside, y, 1.04 * top)])
    return names_of(stage.bodies, who.name)


def facing_of(stage: Stage) -> float:
    """Radians: a way to look in which a face, or a part of it, is seen."""
    return stage.number((-np.pi + 0.3, -0.3))
