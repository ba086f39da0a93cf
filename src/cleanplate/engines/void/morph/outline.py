"""How far a thing's outline departs from midway between those before and after."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.follow import Sighting, Step
from cleanplate.engines.void.morph.window import SIDE, Affine, Rgb, Soft

_FAR = 18.0
_BAND = 2.0
"""Pixels of the window around an outline at which it is compared."""
_CONTRAST = 8.0
"""Codes of 255 a pixel across an outline with which the picture says for certain that one is there."""


def outline_change(steps: Sequence[Step]) -> float:
    """Pixels of the picture, at the frame in the middle of the steps: mean distance over what is seen of the outline.

    The outlines are laid on it middle on middle: as they are, turned, or with the whole affine motion of the surface,
    whichever fits best. What rolls keeps its outline while its surface goes round; what topples turns it.
    """
    half = len(steps) // 2
    here, first, last = steps[half].before, steps[0].before, steps[-1].after
    depth = _depth(here.mask)
    rim = np.abs(depth) < _BAND
    weight = seen(here.picture)[rim]
    if weight.sum() < 1:
        return 0.0
    apart = [
        np.average(np.abs(depth - (_laid(first, here, there) + _laid(last, here, on)) / 2)[rim], weights=weight)
        for there, on in zip(_ways(steps[:half]), _backwards(_ways(steps[half:])), strict=True)
    ]
    return float(min(apart)) / here.window.scale


def seen(picture: Rgb) -> Soft:
    """H x W, 0..1: how certainly there is an edge of some kind."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.5).astype(np.float32)
    slopes = [cv2.Sobel(smooth, cv2.CV_32F, *axis) / 8 for axis in ((1, 0), (0, 1))]
    steep = np.sqrt((slopes[0] ** 2 + slopes[1] ** 2).sum(axis=2) / 3)
    return np.asarray(np.minimum(1, steep / _CONTRAST), np.float32)


def _ways(steps: Sequence[Step]) -> tuple[NDArray[np.float64], ...]:
    """2 x 2: nothing, the turn over the steps, and all that their motion does."""
    whole = np.eye(2)
    for step in steps:
        whole = step.affine[:, :2] @ whole
    left, _, right = np.linalg.svd(whole)
    return np.eye(2), np.asarray(left @ right), whole


def _backwards(ways: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    return [np.asarray(np.linalg.inv(way), np.float64) for way in ways]


def _laid(thing: Sighting, on: Sighting, way: NDArray[np.float64]) -> NDArray[np.float32]:
    """The depth of a thing's mask, brought to another's window, middle on middle."""
    linear = way * (on.window.scale / thing.window.scale)
    shift = _middle(on.mask) - linear @ _middle(thing.mask)
    matrix: Affine = np.column_stack([linear, shift])
    return _depth(cv2.warpAffine(thing.mask, matrix, (SIDE, SIDE)))


def _depth(mask: Soft) -> NDArray[np.float32]:
    """Distance from the outline in pixels, positive inside."""
    solid = (mask > 0.5).astype(np.uint8)
    inside, outside = (cv2.distanceTransform(one, cv2.DIST_L2, 5) for one in (solid, 1 - solid))
    return np.asarray(np.clip(inside - outside + (0.5 - solid), -_FAR, _FAR), np.float32)


def _middle(mask: Soft) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask > 0.5)
    return np.array([columns.mean(), rows.mean()])
