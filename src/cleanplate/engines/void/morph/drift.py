"""How far a thing departs from smooth motion between three frames in a row.

Whatever keeps its shape, or changes it smoothly, does nearly the same thing in both steps around a frame: a ball that
rolls moves its surface alike, a cushion goes on sinking in, what comes nearer goes on growing. So each measure compares
a frame with what lies midway between its neighbours, or one step with the step before. Shares are in percent of the
thing's size, the root of its area.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.follow import Sighting, Step
from cleanplate.engines.void.morph.window import SIDE, Affine, Soft
from cleanplate.motion.warp import pixel_grid

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
        surface: how much the motion of its surface, less its affine part, differs from the step before: root mean
            square, percent of its size a frame. 0 where too little surface can be followed.
        outline: distance of its outline from midway between its neighbours', carried to it; percent of its size.
        size: difference of its size from midway between its neighbours'; percent.
        colour: difference of its mean colour from midway between its neighbours', CIE Lab.
        torn: percent of its surface that cannot be followed into the next frame and back.
    """

    surface: float
    outline: float
    size: float
    colour: float
    torn: float


def drift(first: Step, second: Step) -> Drift:
    """At the frame between two steps that follow each other."""
    here = second.before
    return Drift(
        surface=_surface(first, second),
        outline=_outline(first, second),
        size=_size(first, second),
        colour=float(np.linalg.norm(_colour(here) - (_colour(first.before) + _colour(second.after)) / 2)),
        torn=100 * (1 - float(second.trusted[here.solid].mean())),
    )


def _surface(first: Step, second: Step) -> float:
    earlier, known = _bending(first)
    later, known_now = _bending(second)
    both = known & known_now
    if np.count_nonzero(both) < _LEAST:
        return 0.0
    change = (later - earlier)[both]
    return 100 * float(np.sqrt((change**2).sum(axis=1).mean())) / _window_size(second.before)


def _bending(step: Step) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The flow less its affine part (SIDE x SIDE x 2, smoothed), and where it is known."""
    places = pixel_grid((0, 0, SIDE, SIDE))
    fitted = places @ step.affine[:, :2].T + step.affine[:, 2]
    inner = cv2.erode(step.before.solid.astype(np.uint8), np.ones((3, 3))).astype(bool)
    known = inner & step.trusted
    weight = known.astype(np.float32)
    rest = (step.flow - (fitted - places)).astype(np.float32) * weight[..., None]
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), _SMOOTH), 0.05)
    return np.asarray(cv2.GaussianBlur(rest, (0, 0), _SMOOTH) / share[..., None], np.float32), known


def _outline(first: Step, second: Step) -> float:
    """Carried along the surface's motion, or along the thing as a whole: what rolls does the one, what slides both."""
    here = _depth(second.before.mask)
    rim = np.abs(here) < _BAND
    if not rim.any():
        return 0.0
    moved = first.after.window.onto(second.before.window)
    ways = (
        (_joined(moved, first.affine), cv2.invertAffineTransform(second.affine)),
        (_centred(first.before, second.before), _centred(second.after, second.before)),
    )
    apart = [
        np.abs(here - (_depth(_carried(first.before.mask, there)) + _depth(_carried(second.after.mask, back))) / 2)[rim]
        for there, back in ways
    ]
    return 100 * min(float(one.mean()) for one in apart) / _window_size(second.before)


def _size(first: Step, second: Step) -> float:
    before, here, after = (np.log(one.size) for one in (first.before, second.before, second.after))
    return 100 * float(abs(here - (before + after) / 2))


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


def _carried(mask: Soft, matrix: Affine) -> Soft:
    return np.asarray(cv2.warpAffine(mask, matrix, (SIDE, SIDE)), np.float32)


def _joined(outer: Affine, inner: Affine) -> Affine:
    """`inner`, then `outer`."""
    return np.asarray((np.vstack([outer, (0, 0, 1)]) @ np.vstack([inner, (0, 0, 1)]))[:2])


def _centred(thing: Sighting, on: Sighting) -> Affine:
    """Lays the middle of one's mask on the other's, at the other's scale."""
    ratio = on.window.scale / thing.window.scale
    shift = _middle(on.mask) - ratio * _middle(thing.mask)
    return np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]]])


def _middle(mask: Soft) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask > 0.5)
    return np.array([columns.mean(), rows.mean()])
