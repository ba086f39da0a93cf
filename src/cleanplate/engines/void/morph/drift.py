"""How far a thing departs from smooth motion around a frame.

Whatever keeps its shape, or changes it smoothly, goes on after a frame as it did before: a ball that rolls moves its
surface alike, a cushion goes on sinking in, what comes nearer goes on growing. So each measure compares a frame with
what lies midway between those `REACH` frames before and after, or the motion up to it with the motion from there on.
Generated shapes change with the codec's step in time, four frames: two frames in a row are too close to tell that from
the follower's noise. Shares are in percent of the thing's size, the root of its area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.follow import Sighting, Step
from cleanplate.engines.void.morph.window import SIDE, Soft
from cleanplate.motion.warp import pixel_grid

REACH = 3
"""Frames."""
_SMOOTH = 2.0
"""Pixels of the window over which flow is averaged: single pixels of it are noise."""
_LEAST = 20
_FAR = 12.0
_BAND = 1.5
"""Pixels of the window around a thing's outline at which it is compared."""


@dataclass(frozen=True)
class Drift:
    """At one frame.

    Attributes:
        surface: by how much its surface bends (moves other than by shift, turn and growth) otherwise after the frame
            than before: root mean square, percent of its size over `REACH` frames; 0 where too little can be followed.
        outline: distance of its outline from midway between those before and after, laid on it; percent of its size.
        size: difference of its size from midway between those before and after; percent.
        colour: difference of its mean colour from midway between those before and after; CIE Lab.
        torn: percent of its surface that cannot be followed into the next frame and back.
        stir: how far its surface moves against its middle in a frame, as it turns or grows; percent of its size.
    """

    surface: float
    outline: float
    size: float
    colour: float
    torn: float
    stir: float


def drift(steps: Sequence[Step]) -> Drift:
    """At the frame in the middle of 2 x `REACH` steps that follow each other."""
    middle = steps[REACH]
    here, first, last = middle.before, steps[0].before, steps[-1].after
    return Drift(
        surface=_surface(steps),
        outline=_outline(steps),
        size=100 * float(abs(np.log(here.size) - (np.log(first.size) + np.log(last.size)) / 2)),
        colour=float(np.linalg.norm(_colour(here) - (_colour(first) + _colour(last)) / 2)),
        torn=100 * (1 - float(middle.trusted[here.solid].mean())),
        stir=_stir(middle),
    )


def _surface(steps: Sequence[Step]) -> float:
    """Bending is compared at places of the window, not of the surface: what rolls bends alike at the same place."""
    fields = [_bending(step) for step in steps]
    known = np.logical_and.reduce([where for _, where in fields])
    if np.count_nonzero(known) < _LEAST:
        return 0.0
    before, after = (np.sum([field for field, _ in half], axis=0) for half in (fields[:REACH], fields[REACH:]))
    change = (after - before)[known]
    return 100 * float(np.sqrt((change**2).sum(axis=1).mean())) / _window_size(steps[REACH].before)


def _bending(step: Step) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The flow less shift, turn and growth (SIDE x SIDE x 2, smoothed), and where it is known."""
    (a, b), (c, d) = step.affine[:, :2]
    turned = np.array([[a + d, b - c], [c - b, a + d]]) / 2
    inner = cv2.erode(step.before.solid.astype(np.uint8), np.ones((3, 3))).astype(bool)
    known = inner & step.trusted
    if not known.any():
        return np.zeros((SIDE, SIDE, 2), np.float32), known
    rest = step.flow - pixel_grid((0, 0, SIDE, SIDE)) @ (turned - np.eye(2)).T
    weight = known.astype(np.float32)
    rest = ((rest - rest[known].mean(axis=0)) * weight[..., None]).astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), _SMOOTH), 0.05)
    return np.asarray(cv2.GaussianBlur(rest, (0, 0), _SMOOTH) / share[..., None], np.float32), known


def _outline(steps: Sequence[Step]) -> float:
    """The outlines are laid on it middle on middle, as they are or turned, whichever fits better.

    What rolls keeps its outline while its surface goes round; what topples turns it.
    """
    here, first, last = steps[REACH].before, steps[0].before, steps[-1].after
    depth = _depth(here.mask)
    rim = np.abs(depth) < _BAND
    if not rim.any():
        return 0.0
    pairs = zip(_ways(steps[:REACH]), _ways(steps[REACH:]), strict=True)
    apart = [
        np.abs(depth - np.mean([_laid(first, here, there), _laid(last, here, on.T)], axis=0))[rim].mean()
        for there, on in pairs
    ]
    return 100 * float(min(apart)) / _window_size(here)


def _ways(steps: Sequence[Step]) -> tuple[NDArray[np.float64], ...]:
    """2 x 2 rotations: none, and the turn over the steps."""
    whole = np.eye(2)
    for step in steps:
        whole = step.affine[:, :2] @ whole
    left, _, right = np.linalg.svd(whole)
    return np.eye(2), np.asarray(left @ right)


def _laid(thing: Sighting, on: Sighting, way: NDArray[np.float64]) -> NDArray[np.float32]:
    """The depth of a thing's mask, brought to another's window, middle on middle."""
    linear = way * (on.window.scale / thing.window.scale)
    shift = _middle(on.mask) - linear @ _middle(thing.mask)
    return _depth(cv2.warpAffine(thing.mask, np.column_stack([linear, shift]), (SIDE, SIDE)))


def _stir(step: Step) -> float:
    known = step.before.solid & step.trusted
    if np.count_nonzero(known) < _LEAST:
        return 0.0
    flow = step.flow[known]
    away = flow - flow.mean(axis=0)
    return 100 * float(np.sqrt((away**2).sum(axis=1).mean())) / _window_size(step.before)


def _colour(thing: Sighting) -> NDArray[np.float64]:
    """Mean CIE Lab."""
    lab = cv2.cvtColor((thing.picture / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)
    return np.asarray(lab[thing.solid].mean(axis=0), np.float64)


def _window_size(thing: Sighting) -> float:
    return float(np.sqrt(thing.mask.sum()))


def _depth(mask: Soft) -> NDArray[np.float32]:
    """Distance from the outline in pixels, positive inside."""
    solid = (mask > 0.5).astype(np.uint8)
    inside, outside = (cv2.distanceTransform(one, cv2.DIST_L2, 5) for one in (solid, 1 - solid))
    return np.asarray(np.clip(inside - outside + (0.5 - solid), -_FAR, _FAR), np.float32)


def _middle(mask: Soft) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask > 0.5)
    return np.array([columns.mean(), rows.mean()])
