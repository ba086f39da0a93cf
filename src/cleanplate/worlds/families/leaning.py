"""A board or a ladder leans on something; that goes and it falls."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.family import Family
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Box, Part

HEIGHT = (0.35, 0.7)
WIDTH = (0.2, 0.4)
ANGLE = (55.0, 72.0)
"""Degrees of the board above the floor."""
THICK = 0.04
BEYOND = (0.1, 0.3)
"""By how much the board reaches past the edge it leans on, metres."""
LADDERS = 0.4


def play(stage: Stage) -> tuple[str, ...]:
    """The board's lower face touches the edge of a box, its lower corner the floor."""
    height, half = stage.number(HEIGHT), stage.number(WIDTH) / 2
    angle, side = float(np.radians(stage.number(ANGLE))), stage.side()
    support = stage.add("crate", Box(half=(half, half, height / 2)), (side * half, 0.0, height / 2), mass=30.0)
    length = height / float(np.sin(angle)) + stage.number(BEYOND)
    # From the lower corner: half the length along the board, half the thickness away from the box.
    along, away = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    corner = np.array([-height / np.tan(angle), 0.0])
    middle = corner + along * length / 2 + away * THICK / 2
    rungs: tuple[Part, ...] = ()
    shape, word = Box(half=(length / 2, 0.12, THICK / 2)), "board"
    if stage.chance(LADDERS):
        rail = Box(half=(length / 2, 0.02, THICK / 2))
        steps = np.linspace(-0.4, 0.4, 5) * length
        bars = [Part(shape=Box(half=(0.015, 0.1, THICK / 2 - 0.005)), position=(float(s), 0.12, 0.0)) for s in steps]
        rungs = (Part(shape=rail, position=(0.0, 0.24, 0.0)), *bars)
        shape, word = rail, "ladder"
    turn = about((0.0, 1.0, 0.0), -side * angle)
    place = (side * float(middle[0]), -0.12 if rungs else 0.0, float(middle[1]))
    stage.add(word, shape, place, orientation=turn, parts=rungs, friction=1.1, restitution=0.05)
    stage.frame([(-side * length, 0.0, 0.0), (side * length, 0.0, 0.0)])
    return (support.name,)


FAMILY = Family("leaning", "What a board leaned on goes, and it falls.", play, held_out=True)
