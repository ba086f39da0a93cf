"""Motions and recordings from the user's files, told apart by their names, and those that PyBullet ships."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.people.bvh import read_bvh
from cleanplate.worlds.people.deepmimic import read_deepmimic
from cleanplate.worlds.people.glb import read_glb
from cleanplate.worlds.people.humoto import PICKLES, Sequence, is_sequence, read_sequence, refuse_pickle
from cleanplate.worlds.people.retarget import fitted
from cleanplate.worlds.people.skeleton import Motion

_READERS = {".bvh": read_bvh, ".glb": read_glb, ".txt": read_deepmimic, ".json": read_deepmimic}
_SHIPPED = ("walk", "run")
_REMEDY = "Give a BVH, a GLB, one of PyBullet's motion files, a HUMOTO sequence's folder, or a folder of such."


@dataclass(frozen=True)
class Library:
    """What people do, as somebody recorded it.

    Attributes:
        motions: on our figure (`retarget.fitted`).
        sequences: with things that move along.
    """

    motions: tuple[Motion, ...] = ()
    sequences: tuple[Sequence, ...] = ()


def read_library(paths: Many[Path]) -> Library:
    """All that the files and folders hold.

    Raises:
        InputError: one is missing, broken, of an unknown kind, or a folder without any.
    """
    motions, sequences = [], []
    for path in paths:
        for found in _found(path):
            if found.is_dir():
                sequences.append(read_sequence(found))
            else:
                motions.append(fitted(_READERS[found.suffix.lower()](found).upright(), where=str(found)))
    return Library(tuple(motions), tuple(sequences))


def shipped() -> tuple[Path, ...]:
    """PyBullet's motions of people who walk and run; none where they are not installed."""
    found = find_spec("pybullet_data")
    if found is None or found.origin is None:
        return ()
    folder = Path(found.origin).parent / "data" / "motions"
    files = (folder / f"humanoid3d_{name}.txt" for name in _SHIPPED)
    return tuple(file for file in files if file.is_file())


def cycled(motion: Motion, seconds: float) -> Motion:
    """The motion again and again, each time going on from where it was, for at least so long."""
    ends = motion.root[-1] * [1.0, 1.0, 0.0] - motion.root[0] * [1.0, 1.0, 0.0]
    times = max(1, int(np.ceil(seconds * motion.rate / max(len(motion) - 1, 1))))
    roots = [motion.root[:-1] + n * ends for n in range(times)] + [motion.root[-1:] + (times - 1) * ends]
    turns = [motion.turns[:-1]] * times + [motion.turns[-1:]]
    return Motion(motion.skeleton, motion.rate, np.concatenate(roots), np.concatenate(turns))


def heading(motion: Motion) -> float:
    """Radians about the vertical: where the hips go, or look where they stay."""
    way = motion.root[-1] - motion.root[0]
    if float(np.hypot(way[0], way[1])) < 0.3:
        way = quaternion.rotate(motion.turns[0, 0], np.array([1.0, 0.0, 0.0]))
    return float(np.arctan2(way[1], way[0]))


def _found(path: Path) -> list[Path]:
    """The files and the sequences' folders."""
    if path.suffix.lower() in PICKLES:
        refuse_pickle(path)
    if path.is_dir():
        if is_sequence(path):
            return [path]
        inside = [file for file in sorted(path.iterdir()) if file.is_dir() and is_sequence(file)]
        inside += [file for file in sorted(path.iterdir()) if file.is_file() and file.suffix.lower() in _READERS]
        if not inside:
            raise InputError("the folder holds no motion", where=str(path), remedy=_REMEDY)
        return inside
    if not path.is_file():
        raise InputError("there is no such motion", where=str(path), remedy="Check the path.")
    if path.suffix.lower() not in _READERS:
        raise InputError("this kind of motion is not known", where=str(path), remedy=_REMEDY)
    return [path]
