"""Motion files as PyBullet ships them (DeepMimic's JSON): for a fixed humanoid, quaternions as w, x, y, z, y up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_JOINTS: tuple[tuple[str, str, tuple[float, float, float]], ...] = (
    ("hips", "", (0, 0, 0)),
    ("chest", "hips", (0, 0.236151, 0)),
    ("neck", "chest", (0, 0.223894, 0)),
    ("right upleg", "hips", (0, 0, 0.084887)),
    ("right leg", "right upleg", (0, -0.421546, 0)),
    ("right foot", "right leg", (0, -0.409870, 0)),
    ("right arm", "chest", (-0.02405, 0.24350, 0.18311)),
    ("right forearm", "right arm", (0, -0.274788, 0)),
    ("left upleg", "hips", (0, 0, -0.084887)),
    ("left leg", "left upleg", (0, -0.421546, 0)),
    ("left foot", "left leg", (0, -0.409870, 0)),
    ("left arm", "chest", (-0.02405, 0.24350, -0.18311)),
    ("left forearm", "left arm", (0, -0.274788, 0)),
)
"""Name, parent and place in the parent (metres, of the humanoid's own model) of every moving joint, as in the file."""
_ENDS: tuple[tuple[str, str, tuple[float, float, float]], ...] = (
    ("head", "neck", (0, 0.10, 0)),
    ("head top", "head", (0, 0.20, 0)),
    ("right hand", "right forearm", (0, -0.258947, 0)),
    ("right fist", "right hand", (0, -0.08, 0)),
    ("left hand", "left forearm", (0, -0.258947, 0)),
    ("left fist", "left hand", (0, -0.08, 0)),
    ("right toe", "right foot", (0.16, -0.04, 0)),
    ("left toe", "left foot", (0.16, -0.04, 0)),
)
_HINGES = {"right leg", "right forearm", "left leg", "left forearm"}
_WIDTH = 44
"""Numbers of a frame: its duration, the root's place, then four numbers a joint or, for hinges, one."""


def read_deepmimic(path: Path) -> Motion:
    """A motion, y up. Raises InputError when it is no such file."""
    try:
        frames = np.array(json.loads(path.read_text(encoding="utf-8"))["Frames"], np.float64)
    except OSError as error:
        raise InputError("it cannot be read", where=str(path), remedy="Check the path.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this is no motion file", where=str(path), remedy="Give one of PyBullet's motion files."
        ) from error
    if frames.ndim != 2 or frames.shape[1] != _WIDTH or not np.isfinite(frames).all() or frames[0, 0] <= 0:
        raise InputError("its frames have no 44 numbers", where=str(path), remedy="Give a motion of the humanoid.")
    bones = (*_JOINTS, *_ENDS)
    names = tuple(name for name, _, _ in bones)
    skeleton = Skeleton(
        names,
        tuple(names.index(parent) if parent else -1 for _, parent, _ in bones),
        np.array([offset for _, _, offset in bones], np.float64),
    )
    return Motion(skeleton, 1 / float(frames[0, 0]), frames[:, 1:4].copy(), _turns(frames, len(names)))


def _turns(frames: Array, joints: int) -> Array:
    turns = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (len(frames), joints, 1))
    column = 4
    for number, (name, _, _) in enumerate(_JOINTS):
        if name in _HINGES:
            half = frames[:, column] / 2
            turns[:, number, 2], turns[:, number, 3] = np.sin(half), np.cos(half)
            column += 1
        else:
            turns[:, number] = frames[:, column : column + 4][:, [1, 2, 3, 0]]
            column += 4
    return np.asarray(turns / np.linalg.norm(turns, axis=-1, keepdims=True))
