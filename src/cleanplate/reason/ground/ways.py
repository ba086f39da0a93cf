"""The way that a thing would go, where an answer says that it would move but not where to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.reasoning import Thing
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.ground import fall as motion
from cleanplate.reason.ground.view import View
from cleanplate.reason.movers import slope

TOLD, SEEN, SUPPOSED = 0.25, 0.15, 0.4
"""Leeway of a model's own path, of a way whose acceleration was seen, and of one whose scale is a default."""
_BEFORE = 6
"""Frames before the onset over which a velocity is measured."""
_FALLS = 0.7
"""Share of a velocity along gravity from which it is a fall."""
_SLOW = 0.3
"""Small pixels a frame under which nothing rolls."""
_TOLERANCE = 0.03
"""Cells by which a way may stray from the straight lines between its points."""
_EDGE, _ACROSS = 24.0, 0.7
"""Levels over two pixels of an edge that carries, and the share of the thing's width over which it must run."""


@dataclass(frozen=True)
class Sight:
    """What was seen of a thing: its small masks by position, and its centres (x, y) in steadied coordinates."""

    masks: Mapping[int, Mask]
    centres: Mapping[int, NDArray[np.float64]]

    @property
    def at(self) -> list[int]:
        """The positions, in order."""
        return sorted(self.centres)


def way_of(thing: Thing, view: View, sight: Sight, gravity: tuple[float, float], owner: int) -> Thing:
    """The thing with a path: where it would fall, roll or stay; as it was when nothing of it was seen.

    The path begins on the frame before the onset, the last on which thing and way are together.

    Args:
        owner: number of the removed object that holds or stops it.
    """
    onset = view.position(thing.onset)
    if onset is None or not sight.centres:
        return thing
    start = max((at for at in sight.at if at < onset), default=sight.at[0])
    first = max(thing.onset - 1, view.footage.frames.start)
    if not thing.will_move:
        return thing.model_copy(update={"path": (view.point(first, sight.centres[start]),)})
    found = _moved(thing, view, sight, _Start(onset, start, view.down(gravity), thing.end - first), owner)
    if found is None:
        return thing
    way, leeway = found
    way = way[: _out_of_sight(view, first, sight.centres[start] + way, sight.masks[start]) + 1]
    kept = motion.keyframes(way, _TOLERANCE * view.cell)
    path = tuple(view.point(first + n, sight.centres[start] + way[n]) for n in kept)
    return thing.model_copy(update={"path": path, "leeway": max(thing.leeway, leeway)})


def _out_of_sight(view: View, first: int, places: motion.Points, thing: Mask) -> int:
    """The first of the places at which nothing of a thing is left in the picture; the last one where there is none."""
    box = mask_box(thing) or (0, 0, 0, 0)
    margin = max(box[2] - box[0], box[3] - box[1]) / view.cell + 1
    for n, place in enumerate(places):
        within = view.point(first + n, place).within or (0.0, 0.0)
        if min(within) < -margin or max(within) > 1 + margin:
            return n
    return len(places) - 1


@dataclass(frozen=True)
class _Start:
    """Positions of the onset and of the last sight before it, down in the picture, and the frames to go."""

    onset: int
    at: int
    down: NDArray[np.float64]
    frames: int


def _moved(thing: Thing, view: View, sight: Sight, start: _Start, owner: int) -> tuple[motion.Points, float] | None:
    """The displacements by which a thing would go on, and their leeway; None for a motion too slow to be told."""
    down, usual = start.down, motion.default_gravity(min(view.footage.shape), view.rate)
    velocity = _velocity(sight, start.onset) if thing.was_moving else np.zeros(2)
    speed = float(np.linalg.norm(velocity))
    if thing.was_moving and speed <= _SLOW:
        return None
    if not thing.was_moving or velocity @ down > _FALLS * speed:
        seen = _gravity_seen(sight, start.onset, down, usual) if thing.was_moving else None
        drop = drop_to_support(view, start.at, sight.masks[start.at], owner, down)
        return motion.fall(velocity, down, seen or usual, drop, start.frames), SEEN if seen else SUPPOSED
    slowing = _slowing(sight, start.onset, velocity / speed)
    if slowing is None:
        return motion.roll(velocity, motion.ROLLING * usual, start.frames), SUPPOSED
    return motion.roll(velocity, slowing, start.frames), SEEN


def drop_to_support(view: View, at: int, thing: Mask, owner: int, down: NDArray[np.float64]) -> float:
    """Small pixels along `down` from a thing's lowest point to what would hold it.

    That is what the object itself stands on, where the object lies below the thing; else the first edge that runs
    across below; else there is nothing before the frame's edge, which lets it out (infinite).
    """
    ys, xs = np.nonzero(thing)
    along, across = xs * down[0] + ys * down[1], ys * down[0] - xs * down[1]
    foot, left, right = float(along.max()), float(across.min()), float(across.max())
    rows, columns = np.mgrid[: thing.shape[0], : thing.shape[1]]
    depth = columns * down[0] + rows * down[1]
    aside = rows * down[0] - columns * down[1]
    band = (aside >= left) & (aside <= right)
    holder = (view.footage.owner[at] == owner) & band & (depth > foot - 0.5 * view.cell)
    last = float(depth[band].max())
    if holder.any():
        stands = float(depth[view.footage.owner[at] == owner].max())
        return stands - foot if stands < last - 1 else math.inf
    edge = _first_edge(view, at, band & (depth > foot + 2), depth, right - left)
    return math.inf if edge is None else edge - foot


def _first_edge(view: View, at: int, below: Mask, depth: NDArray[np.float64], width: float) -> float | None:
    """Depth of the first edge that runs across the region below a thing, outside the objects."""
    gray = cv2.cvtColor(np.ascontiguousarray(view.footage.rgb[at]), cv2.COLOR_RGB2GRAY).astype(np.float32)
    steep = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)) / 4 > _EDGE
    free = below & ~view.footage.object(at)
    bins = np.rint(depth[free]).astype(np.int64)
    if not bins.size:
        return None
    first = int(bins.min())
    count = np.bincount(bins - first, weights=steep[free].astype(np.float64))
    runs = np.flatnonzero(count >= _ACROSS * max(width, 1.0))
    return float(first + runs[0]) if len(runs) else None


def _velocity(sight: Sight, onset: int) -> NDArray[np.float64]:
    """(x, y) per frame before the onset; zero when too little was seen of it."""
    rows = [(at, *sight.centres[at]) for at in sight.at if onset - _BEFORE <= at < onset]
    return slope(np.asarray(rows, np.float64).reshape(-1, 3))


def _gravity_seen(sight: Sight, onset: int, down: NDArray[np.float64], usual: float) -> float | None:
    seen = [at for at in sight.at if onset - 2 * _BEFORE <= at < onset]
    return motion.observed_gravity(seen, [float(sight.centres[at] @ down) for at in seen], usual)


def _slowing(sight: Sight, onset: int, direction: NDArray[np.float64]) -> float | None:
    seen = [at for at in sight.at if onset - 2 * _BEFORE <= at < onset]
    return motion.observed_slowing(seen, [float(sight.centres[at] @ direction) for at in seen])


def sight_of(masks: Mapping[int, Mask], view: View) -> Sight:
    """Centres of small masks by position."""
    centres = {}
    for at in masks:
        ys, xs = np.nonzero(masks[at])
        if mask_box(masks[at]) is not None:
            centres[at] = view.steadied(at, float(ys.mean()), float(xs.mean()))
    return Sight(masks, centres)
