"""The same scene with and without some of its things, and what that changes for the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.simulation import simulate

MOVED = 0.002
"""Metres: a lesser displacement is no change; the order of the solver alone moves a far pile by 0.00004."""
TURNED = 0.5
"""Degrees: a lesser rotation is no change."""


@dataclass(frozen=True)
class Change:
    """What the removal does to one thing that stays.

    Attributes:
        name: the body's.
        changed: it moves by more than `MOVED` or `TURNED`, touches others of the things that stay, or, if it is soft,
            has another shape by more than `MOVED`.
        onset, end: first frame in which it differs, and the frame after the last; None when it is not changed.
        displacement: the largest, metres.
        rotation: the largest, degrees.
        contacts: whether it touches others, in two frames or more on end.
    """

    name: str
    changed: bool
    onset: int | None
    end: int | None
    displacement: float
    rotation: float
    contacts: bool


@dataclass(frozen=True)
class Counterfactual:
    """Both worlds.

    Attributes:
        removed: names of what the altered world has not got.
        original, altered: how each went on.
        changes: one for each body that stays, in the scene's order.
        kept_promise: False when the scene promises a change and there is none; a sampler skips and counts it.
    """

    removed: tuple[str, ...]
    original: Trajectories
    altered: Trajectories
    changes: tuple[Change, ...]
    kept_promise: bool

    @property
    def changed(self) -> tuple[Change, ...]:
        """Those of the things that are changed."""
        return tuple(change for change in self.changes if change.changed)

    def change(self, name: str) -> Change:
        """Of one thing. Raises KeyError when there is none of that name."""
        for change in self.changes:
            if change.name == name:
                return change
        raise KeyError(name)


def counterfactual(scene: Scene, remove: Collection[str] | None = None, assets: Path | None = None) -> Counterfactual:
    """Simulates the scene as it is, and without the things to remove (`scene.remove` when none are given).

    Raises:
        InputError: nothing to remove, or no body has that name.
        ResourceError: PyBullet is not installed.
    """
    gone = set(scene.remove if remove is None else remove)
    if not gone:
        raise InputError("nothing is to be removed", where=f"scene of '{scene.family}'", remedy="Name a body.")
    return compared(scene, simulate(scene, assets=assets), simulate(scene, gone, assets))


def compared(scene: Scene, original: Trajectories, altered: Trajectories) -> Counterfactual:
    """What differs between two worlds, of which the second one has not got some of the first one's bodies."""
    moving = {body.name for body in scene.bodies if body.mass > 0 and not body.path}
    changes = tuple(_change(name, name in moving, original, altered) for name in altered.names)
    kept = not scene.promises or any(change.changed for change in changes)
    removed = tuple(name for name in original.names if name not in altered.names)
    return Counterfactual(removed, original, altered, changes, kept)


def differing_frames(name: str, original: Trajectories, altered: Trajectories) -> NDArray[np.bool_]:
    """T: in which frames a thing is elsewhere, turned otherwise or touching others than in the other world."""
    if name in original.deforming:
        return dents(name, original, altered) > MOVED
    distance, degrees = offsets(name, original, altered)
    return np.asarray((distance > MOVED) | (degrees > TURNED) | _touches_others(name, original, altered))


def offsets(
    name: str, original: Trajectories, altered: Trajectories
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far apart a thing is in the two worlds: T metres and T degrees."""
    a, b = original.index(name), altered.index(name)
    distance = np.linalg.norm(original.positions[:, a] - altered.positions[:, b], axis=-1)
    turn = quaternion.angle_between(original.orientations[:, a], altered.orientations[:, b])
    return distance, np.degrees(turn)


def dents(name: str, original: Trajectories, altered: Trajectories) -> NDArray[np.float64]:
    """T: by how many metres the surface of a thing that changes its shape differs at most between the two worlds."""
    apart = original.deforming[name].vertices - altered.deforming[name].vertices
    return np.asarray(np.linalg.norm(apart, axis=-1).max(axis=-1), np.float64)


def _change(name: str, moves: bool, original: Trajectories, altered: Trajectories) -> Change:
    """Of one thing; what stands still or follows its path is changed by what touches it only if it is soft."""
    soft = name in original.deforming
    if not moves and not soft:
        return Change(name, False, None, None, 0.0, 0.0, False)
    distance, degrees = offsets(name, original, altered)
    if soft:
        distance = dents(name, original, altered)
    frames = np.flatnonzero(differing_frames(name, original, altered))
    onset, end = (int(frames[0]), int(frames[-1]) + 1) if len(frames) else (None, None)
    touches = bool(_touches_others(name, original, altered).any())
    return Change(name, bool(len(frames)), onset, end, float(distance.max()), float(degrees.max()), touches)


def _touches_others(name: str, original: Trajectories, altered: Trajectories) -> NDArray[np.bool_]:
    """T: in which frames another contact holds, among things in both worlds; one frame alone counts as flicker."""
    both = set(original.names) & set(altered.names)
    apart = [
        {pair for pair in before ^ after if name in pair and pair <= both}
        for before, after in zip(original.contacts, altered.contacts, strict=True)
    ]
    lasting = np.zeros(len(apart), bool)
    for frame, (here, following) in enumerate(pairwise(apart)):
        if here & following:
            lasting[frame : frame + 2] = True
    return lasting
