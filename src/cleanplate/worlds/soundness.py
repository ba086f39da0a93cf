"""Whether a simulated world could be one: nothing lies in anything else, and nothing rests on air."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.bullet import deepest_at_frames
from cleanplate.worlds.counterfactual import Counterfactual
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Scene, Water

DEEPEST = 0.005
"""Metres by which two things may lie in each other on a frame."""
AT_REST = 0.0002
"""Metres by which a thing at rest moves in a frame at most; at the top of its flight a ball falls by 0.03 in one."""
FRAMES_AT_REST = 3


def unsound(scene: Scene, worlds: Counterfactual, assets: Path | None = None) -> str:
    """Why a pair cannot be used: what is wrong in either world; empty when nothing is."""
    for ways in (worlds.original, worlds.altered):
        if float(deepest_at_frames(scene, ways, assets).max()) > DEEPEST:
            return "two things lie in each other by more than 5 mm"
        if resting_on_air(scene, ways):
            return "a thing rests without touching anything"
    return ""


def resting_on_air(scene: Scene, ways: Trajectories) -> tuple[str, ...]:
    """Names of the things that stay where they are for `FRAMES_AT_REST` frames, free and touched by nothing."""
    joined = {name for joint in scene.constraints for name in (joint.a, joint.b) if name in ways.names}
    afloat = []
    for place, name in enumerate(ways.names):
        body = scene.body(name)
        if (
            body.mass == 0
            or body.path
            or not body.solid
            or name in joined
            or _in_water(scene, ways.positions[:, place])
        ):
            continue
        moved = np.linalg.norm(np.diff(ways.positions[:, place], axis=0), axis=-1)
        touched = np.array([any(name in pair for pair in pairs) for pairs in ways.contacts[1:]], bool)
        if _longest((moved < AT_REST) & ~touched) >= FRAMES_AT_REST:
            afloat.append(name)
    return tuple(afloat)


def _in_water(scene: Scene, positions: NDArray[np.float64]) -> bool:
    """Whether a thing ends where water is."""
    end = positions[-1, :2]
    pools = [(body.position, body.shape.half) for body in scene.bodies if isinstance(body.shape, Water)]
    return any((np.abs(end - middle[:2]) <= half[:2]).all() for middle, half in pools)


def _longest(flags: NDArray[np.bool_]) -> int:
    """The longest run of True."""
    best = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best
