"""A hand-like holder: a palm with fingers that reach down on both sides of what it holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Body, Box, Capsule, Keyframe, Part, Vec3

THICK = 0.035
"""Radius of a finger, metres."""
ARM = 0.45
FINGERS = 4


def add_hand(stage: Stage, palm: Vec3, gap: float, path: Sequence[Keyframe] = ()) -> Body:
    """A hand, its palm's middle at `palm`, whose fingers are `gap` metres from its thumb, on an arm."""
    wide = 1.1 * THICK * FINGERS
    length = 0.14
    fingers = [
        Part(
            shape=Capsule(radius=THICK * 0.9, height=length),
            position=(gap / 2 + THICK, (k - (FINGERS - 1) / 2) * 2.1 * THICK, -length / 2 - THICK),
        )
        for k in range(FINGERS)
    ]
    thumb = Part(
        shape=Capsule(radius=THICK, height=0.7 * length), position=(-gap / 2 - THICK, 0.0, -length / 2 - THICK)
    )
    arm = Part(
        shape=Capsule(radius=1.4 * THICK, height=ARM),
        position=(0.0, ARM / 2 * float(np.sin(0.6)), ARM / 2 * float(np.cos(0.6)) + THICK),
        orientation=about((1.0, 0.0, 0.0), -0.6),
    )
    shape = Box(half=(gap / 2 + 2 * THICK, wide, THICK))
    return stage.add(
        "hand",
        shape,
        palm,
        parts=(*fingers, thumb, arm),
        mass=0.0,
        path=tuple(path),
        noun="hand",
        name="hand",
        material=stage.looks.skin(),
    )
