"""What a reasoner would answer that knows the truth: the changed things and the light, as `reasoning.json`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from reasoning_clips import Masks, Truth

from cleanplate.masks.grid import cell_at, cells_of
from cleanplate.masks.reasoning import Cell, CellsAt, Grid, Kind, PathPoint, Reasoning, Thing

OBJECT = "object"
"""The name of what is removed."""


def oracle(truth: Truth, *, outlined: bool = True) -> Reasoning:
    """The truth of a clip as a document without tracks.

    Args:
        outlined: what things would cover instead is told in cells for each frame (`cells_instead`); otherwise by a
            path of their centre and one size.
    """
    length, height, width = truth.labels.shape
    grid = Grid.of(height, width)
    named = [(name, truth.was[name], truth.instead[name]) for name in truth.was]
    explained = np.zeros(truth.labels.shape, np.bool_)
    for _, was, instead in named:
        explained |= was | instead
    light = truth.affected & ~explained
    things = [_thing(name, was, instead, grid, outlined) for name, was, instead in named if (was | instead).any()]
    if light.any():
        things.append(_thing("light", light, np.zeros_like(light), grid, outlined, Kind.OTHER))
    return Reasoning(frames=length, height=height, width=width, grid=grid, removed=(OBJECT,), affected=tuple(things))


def _thing(name: str, was: Masks, instead: Masks, grid: Grid, outlined: bool, kind: Kind = Kind.OBJECT) -> Thing:
    frames = np.flatnonzero((was | instead).any(axis=(1, 2)))
    shown = _steps(was, grid, frames)
    told = {"cells_instead": _steps(instead, grid, frames)} if outlined else _path(instead, grid)
    return Thing(
        id=f"thing {name}",
        name=name,
        kind=kind,
        caused_by=OBJECT,
        why="it is so",
        onset=int(frames[0]),
        end=int(frames[-1]),
        cells_by_time=shown,
        source="oracle",
        **told,
    )


def _steps(masks: Masks, grid: Grid, frames: NDArray[np.intp]) -> tuple[CellsAt, ...]:
    """The touched cells, wherever they change."""
    every = [CellsAt(frame=int(frame), cells=cells_of(masks[frame], grid)) for frame in frames]
    return tuple(every[:1] + [b for a, b in pairwise(every) if a.cells != b.cells])


def _path(masks: Masks, grid: Grid) -> dict[str, object]:
    """A thing's centre on every frame on which it shows, the cells that it mostly takes, and its last place."""
    frames = np.flatnonzero(masks.any(axis=(1, 2)))
    if not len(frames):
        return {}
    points = tuple(PathPoint(frame=int(n), cell=_centre(masks[n], grid)) for n in frames)
    sizes = [np.ptp(np.asarray(cells_of(masks[n], grid)), axis=0) + 1 for n in frames]
    rows, columns = np.rint(np.mean(sizes, axis=0)).astype(int)
    return {"path": points, "size_cells": (int(rows), int(columns)), "rest_place": points[-1].cell}


def _centre(mask: NDArray[np.bool_], grid: Grid) -> Cell:
    ys, xs = np.nonzero(mask)
    return cell_at(float(ys.mean()), float(xs.mean()), grid, *mask.shape)
