"""What each source of evidence says of a pixel's label: carried mask, recalled mask, colours, motion.

All work in one window of the frame; log odds are positive where a pixel rather belongs to the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.motion.flow import FlowField, inside, round_trip_error
from cleanplate.motion.warp import flow_warp
from cleanplate.select.classic_colour import Field, Look
from cleanplate.select.geometry import STILL, Similarity, fit_similarity, scale_of

_TOLERANCE = 12.0
"""Colour difference (L*a*b* units) at which a match of two pixels is hardly believed any more."""
_ROUND_TRIP = 2.0
"""Error of a flow's round trip, in pixels, at which it is hardly believed any more."""
_ENOUGH = 12
"""Pixels that a motion is fitted to, at least."""
_SAMPLES = 3000


@dataclass(frozen=True)
class Step:
    """Two successive pictures of a sweep in one window, and the flow between them both ways."""

    last: Look
    now: Look
    there: FlowField
    back: FlowField

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.now.gray.shape
        return height, width


def carried_mask(step: Step, mask: Mask) -> tuple[Field, Field]:
    """The last mask as this frame sees it (0..1), and how far each pixel's flow is to be believed (0..1)."""
    error = round_trip_error(step.back, step.there)
    # Where the flow leads out of the picture nothing can be checked; the object is taken to go on beyond the border.
    error = np.where(inside(step.back), error, _ROUND_TRIP)
    difference = np.linalg.norm(step.now.smooth - flow_warp(step.last.smooth, step.back), axis=2)
    trust = np.exp(-np.square(error / _ROUND_TRIP) - np.square(difference / _TOLERANCE))
    return np.asarray(flow_warp(mask.astype(np.float32), step.back)), np.asarray(trust, dtype=np.float32)


def similarity_of(step: Step, mask: Mask) -> Similarity:
    """The similarity that the pixels of a mask follow from the last picture to this one; still where none fits."""
    ys, xs = _some(mask)
    if len(xs) < _ENOUGH:
        return STILL
    error = round_trip_error(step.there, step.back)[ys, xs]
    weight = np.exp(-np.square(np.minimum(error, 10) / _ROUND_TRIP)) + 1e-3
    source = np.column_stack([xs, ys]).astype(np.float64)
    fitted = fit_similarity(source, source + step.there[ys, xs], weight)
    return fitted if 0.9 < scale_of(fitted) < 1.1 else STILL


def motion_odds(step: Step, own: Similarity, ground: Similarity, reach: float = 2.0) -> Field:
    """Whether a pixel is explained by the object's motion rather than by that of its surroundings.

    Both motions predict this picture from the last one; the smaller error wins. Flat areas say nothing, and nor do
    equal motions.
    """
    errors = []
    for motion in (own, ground):
        predicted = place(step.last.smooth, motion, step.shape)
        squares = np.square(step.now.smooth - predicted).sum(axis=2)
        errors.append(cv2.blur(np.minimum(squares, 3 * _TOLERANCE**2), (5, 5)))
    return np.asarray(((errors[1] - errors[0]) / _TOLERANCE**2).clip(-reach, reach), dtype=np.float32)


@dataclass(frozen=True)
class Recall:
    """The anchor brought to this frame.

    Attributes:
        mask: its mask, 0..1.
        belief: how well its look matches at each pixel, 0..1.
        rest: the similarity that its placement still lacked.
    """

    mask: Field
    belief: Field
    rest: Similarity

    @property
    def match(self) -> float:
        """Mean belief over the recalled mask, 0..1; 0 when it is empty."""
        there = self.mask > 0.5
        return float(self.belief[there].mean()) if there.any() else 0.0


def recall_mask(mask: Field, smooth: NDArray[np.float32], now: Look, rest: FlowField, bend: float) -> Recall:
    """Compare the placed anchor with this frame.

    Args:
        mask, smooth: the anchor's mask and L*a*b* picture, already placed by the object's motion.
        rest: flow of this frame towards the placed anchor.
        bend: pixels of remaining flow at which a match is hardly believed any more.
    """
    recalled = np.asarray(flow_warp(mask, rest), dtype=np.float32)
    difference = np.linalg.norm(now.smooth - flow_warp(smooth, rest), axis=2)
    length = np.linalg.norm(rest, axis=2)
    belief = np.exp(-np.square(difference / _TOLERANCE) - np.square(length / bend)).astype(np.float32)
    ys, xs = _some((recalled > 0.5) & (belief > 0.5))
    if len(xs) < max(_ENOUGH, 0.2 * min(int((mask > 0.5).sum()), _SAMPLES)):
        return Recall(recalled, belief, STILL)
    target = np.column_stack([xs, ys]).astype(np.float64)
    return Recall(recalled, belief, fit_similarity(target + rest[ys, xs], target, belief[ys, xs].astype(np.float64)))


def place(image: NDArray[Any], motion: Similarity, shape: tuple[int, int]) -> NDArray[Any]:
    """An image moved by a similarity; beyond its edges the edge goes on."""
    size = (shape[1], shape[0])
    return np.asarray(cv2.warpAffine(image, motion, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def log_odds(share: Field) -> Field:
    """Log odds of a share of 0..1, bounded so that no single witness decides."""
    bounded = share.clip(0.02, 0.98)
    return np.asarray(np.log(bounded / (1 - bounded)), dtype=np.float32)


def _some(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the mask's pixels, thinned evenly to about `_SAMPLES`."""
    ys, xs = np.nonzero(mask)
    every = max(1, len(xs) // _SAMPLES)
    return ys[::every], xs[::every]
