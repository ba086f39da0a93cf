"""Somebody leans into a crate or a cart and pushes it ahead; without them it stays where it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cleanplate.worlds.families.cast import MOTION_RATE, Actor, actor, enter, times
from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.people.acts import stride, turned
from cleanplate.worlds.people.grips import against_it
from cleanplate.worlds.people.skeleton import Array
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Box, Cylinder, Part, Vec3

SPEED = (0.5, 0.8)
START = (0.1, 0.4)
"""Seconds after which they set off."""
EASE = 0.7
"""Seconds in which they come up to speed."""
HEIGHT = (0.63, 0.71)
"""Of the thing, over that of who pushes it."""
HALF = (0.28, 0.42)
CARTS = 0.45
BELOW = 0.12
"""Metres from the top to the hands."""
HANDS = ("left hand", "right hand")
_WRIST = 0.065
"""Metres of the wrist below the middle of a palm whose fingers point up."""
_BEHIND = 0.46
_SHOULDERS = 0.47
"""Metres from the wrists to the shoulders, and from the hips up to them, of somebody of the standard height."""


def play(stage: Stage) -> tuple[str, ...]:
    """Along the picture, towards either side."""
    who, heading = actor(stage, SPEED), 0.0 if stage.chance(0.5) else np.pi
    height = stage.number(HEIGHT) * who.build.height
    half = (stage.number(HALF), stage.number(HALF), height / 2)
    place = (0.2 - half[0]) * float(np.cos(heading))
    thing = _cart if stage.chance(CARTS) else _crate
    thing(stage, half, place, heading)
    ahead = _set_off(times(), who.manner.speed, stage.number(START))
    level = height - BELOW
    # The trunk leans so far that the arms reach the level of the hands.
    lean, behind = _leaning(who, level - _WRIST)
    manner = replace(who.manner, lean=lean, arms=0.0)
    motion = stride(who.skeleton, times(), MOTION_RATE, manner, ahead).motion()
    face = np.stack([ahead + behind, 0 * ahead, 0 * ahead + level], axis=-1)
    motion = against_it(motion, face, 0.6 * half[1])
    cos = float(np.cos(heading))
    motion = turned(motion, heading, (place - cos * (half[0] + behind), 0.0))
    stage.frame([(place + cos * (float(ahead[48]) + half[0]), 0.0, height)])
    return enter(stage, who, motion, solid=HANDS)


def _crate(stage: Stage, half: Vec3, x: float, heading: float) -> None:
    fields = {"mass": 12.0, "friction": 0.15, "restitution": 0.0, "orientation": about((0, 0, 1), heading)}
    stage.add("crate", Box(half=half), (x, 0.0, half[2]), **fields)


def _cart(stage: Stage, half: Vec3, x: float, heading: float) -> None:
    """A box that slides with almost no friction, on wheels that are but drawn; a rail where the hands are."""
    wheel = 0.09
    box = Box(half=(half[0], half[1], half[2] - wheel))
    wheels = tuple(
        Part(
            shape=Cylinder(radius=wheel, height=0.05),
            position=(sx * (half[0] - wheel), sy * (half[1] - 0.02), -half[2] + wheel - wheel),
            orientation=about((1, 0, 0), np.pi / 2),
        )
        for sx in (-1.0, 1.0)
        for sy in (-1.0, 1.0)
    )
    fields = {"mass": 15.0, "friction": 0.06, "restitution": 0.0, "orientation": about((0, 0, 1), heading)}
    stage.add("cart", box, (x, 0.0, half[2] + wheel), parts=wheels, **fields)


def _set_off(moments: Array, speed: float, start: float) -> Array:
    """Metres ahead: at rest, then ever faster, then at even speed."""
    since = np.maximum(moments - start, 0.0)
    eased = np.where(since < EASE, since**2 / (2 * EASE), since - EASE / 2)
    return np.asarray(speed * eased)


def _leaning(who: Actor, level: float) -> tuple[float, float]:
    """Radians of the trunk, and metres from the hips to the wrists, which are at a level."""
    scale = who.scale
    best = (0.0, 0.0)
    for lean in np.linspace(0.1, 0.9, 17).tolist():
        shoulder = (0.96 + 0.11 * np.cos(lean / 2) + 0.36 * np.cos(lean)) * scale
        below = abs(shoulder - level)
        if below < _BEHIND * scale * 0.85:
            ahead = _SHOULDERS * np.sin(lean) * scale + float(np.sqrt((_BEHIND * scale) ** 2 - below**2))
            return float(lean), ahead + 0.02
        best = (float(lean), _SHOULDERS * float(np.sin(lean)) * scale + 0.15)
    return best


FAMILY = Family("person-pushes", "Somebody who pushes a thing goes, and it stays at rest.", play)
