"""Chairs, stools and boxes to sit on."""

from __future__ import annotations

from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.scene import Body, Box, Part

_HALF = 0.21
_LEG = 0.02
_THICK = 0.025


def add_seat(stage: Stage, height: float, *, orientation: tuple[float, float, float, float]) -> Body:
    """A seat whose top is `height` metres above the floor, its middle over the origin; its back is towards -x."""
    fields = {"orientation": orientation, "mass": 8.0, "friction": 0.8, "restitution": 0.05}
    if stage.chance(0.3):
        return stage.add("box", Box(half=(_HALF, _HALF, height / 2)), (0.0, 0.0, height / 2), **fields)
    middle = height - _THICK
    reach = _HALF - _LEG
    legs = [
        Part(shape=Box(half=(_LEG, _LEG, middle / 2)), position=(x, y, -middle / 2))
        for x in (-reach, reach)
        for y in (-reach, reach)
    ]
    if stage.chance(0.7):
        posts = [Part(shape=Box(half=(_LEG, _LEG, 0.22)), position=(-reach, y, 0.22)) for y in (-reach, reach)]
        rest = Part(shape=Box(half=(0.012, _HALF, 0.09)), position=(-reach, 0.0, 0.36))
        return stage.add(
            "chair", Box(half=(_HALF, _HALF, _THICK)), (0.0, 0.0, middle), parts=(*legs, *posts, rest), **fields
        )
    return stage.add("stool", Box(half=(_HALF, _HALF, _THICK)), (0.0, 0.0, middle), parts=tuple(legs), **fields)
