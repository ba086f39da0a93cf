"""From one frame's mask to the next frame's, with the anchor's look as a memory that does not drift.

What a pixel's label should be is asked of four witnesses: the last mask carried along the flow; the anchor's mask
carried along the object's own motion since then; the colours of the whole object and of its surroundings; the colours
on both sides of the boundary nearby. A minimum cut settles what they leave open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.motion.flow import Flow, FlowField, round_trip_error
from cleanplate.motion.warp import flow_warp
from cleanplate.select.classic_colour import Field, Histogram, Look, Picture, colour_ratio, histogram, local_ratio
from cleanplate.select.classic_confidence import Signs, confidence_of
from cleanplate.select.classic_cut import edge_weights, minimum_cut
from cleanplate.select.classic_prompt import outline_contrast
from cleanplate.select.classic_search import find_again
from cleanplate.select.geometry import (
    STILL,
    Similarity,
    Window,
    after,
    distance_to,
    fit_similarity,
    parts_touching,
    scale_of,
    window_around,
)

_REACH = 0.06
"""How far the boundary may lie from where the witnesses of motion put it, in shares of the frame's shorter side."""
_MARGIN = 0.2
"""How much of the frame around the object is looked at, in shares of the shorter side: motion and surroundings."""
_SURROUNDINGS = 0.3
_COLOUR_WEIGHT = 0.7
_STRENGTH = 3.0
_TOLERANCE = 12.0
"""Colour difference (L*a*b* units) at which a match of two pixels is hardly believed any more."""
_ROUND_TRIP = 2.0
_LEARN = 0.1
_SMALLEST = 12
"""Pixels under which nothing can be followed."""


@dataclass(frozen=True)
class Anchor:
    """The object as it looked on the frame that carries an input."""

    picture: Picture
    smooth: NDArray[np.float32]
    mask: Mask
    inside: Histogram
    outside: Histogram
    contrast: float

    @property
    def area(self) -> int:
        return int(self.mask.sum())


@dataclass(frozen=True)
class Follow:
    """The state of one sweep: all that the next step depends on.

    Attributes:
        motion: the object's similarity from the anchor's frame to this one.
        confidence: how sure this frame's mask is, 0..1.
        seen: the last mask that was not empty.
    """

    anchor: Anchor
    picture: Picture
    mask: Mask
    motion: Similarity
    inside: Histogram
    outside: Histogram
    confidence: float
    seen: Mask


def start(picture: Picture, mask: Mask) -> Follow:
    """Begin a sweep at an anchor."""
    look = Look.of(picture)
    inside, outside = histogram(look.bins, mask), histogram(look.bins, _surroundings(mask))
    anchor = Anchor(picture, look.smooth, mask, inside, outside, outline_contrast(look, mask))
    return Follow(anchor, picture, mask, STILL, inside, outside, 1.0, mask)


def step(state: Follow, picture: Picture, flow: Flow) -> Follow:
    """Follow the object into the next picture of the sweep."""
    if int(state.mask.sum()) < _SMALLEST:
        return _search(state, picture)
    short = min(state.mask.shape)
    window = window_around(state.mask, _MARGIN * short)
    assert window is not None  # the mask is not empty
    now, last = Look.of(picture[window]), Look.of(state.picture[window])
    there, back = flow(last.gray, now.gray), flow(now.gray, last.gray)
    carried, trust = _carried(state.mask[window], now, last, there, back)
    motion = after(_object_motion(state.mask[window], there, back, window), state.motion)
    recalled, recall, motion = _recalled(state.anchor, motion, now, window, flow)
    odds = trust * _log_odds(carried) + recall * _log_odds(recalled)
    odds += _colour_odds(state, now, flow_warp(last.lab, back), carried, 0.02 * short)
    expected = np.asarray((carried > 0.5) | ((recalled > 0.5) & (recall > 0.5)))
    found = _settle(now, odds, expected, short)
    mask = np.zeros_like(state.mask)
    mask[window] = found
    if int(mask.sum()) < _SMALLEST:
        return replace(state, picture=picture, mask=np.zeros_like(mask), motion=motion, confidence=0.0)
    signs = _signs(state, found, now, trust, recalled, recall)
    inside, outside = _learn(state, mask, Look.of(picture).bins)
    sure = confidence_of(signs, state.confidence)
    return Follow(state.anchor, picture, mask, motion, inside, outside, sure, mask)


def _carried(mask: Mask, now: Look, last: Look, there: FlowField, back: FlowField) -> tuple[Field, Field]:
    """The last mask seen from this frame (0..1), and how far each pixel's flow is to be believed."""
    error = round_trip_error(back, there)
    difference = np.linalg.norm(now.smooth - flow_warp(last.smooth, back), axis=2)
    # At the frame's border the round trip leaves the picture; the object is taken to go on beyond it.
    error = np.where(np.isfinite(error), error, _ROUND_TRIP)
    trust = np.exp(-np.square(error / _ROUND_TRIP) - np.square(difference / _TOLERANCE))
    return np.asarray(flow_warp(mask.astype(np.float32), back)), np.asarray(trust, dtype=np.float32)


def _object_motion(mask: Mask, there: FlowField, back: FlowField, window: Window) -> Similarity:
    """The similarity that the object's pixels follow from the last frame to this one, in frame coordinates."""
    ys, xs = np.nonzero(mask)
    every = max(1, len(xs) // 3000)
    ys, xs = ys[::every], xs[::every]
    error = round_trip_error(there, back)[ys, xs]
    weight = np.exp(-np.square(np.minimum(error, 10) / _ROUND_TRIP)) + 1e-3
    source = np.column_stack([xs, ys]) + _origin(window)
    fitted = fit_similarity(source, source + there[ys, xs], weight)
    return fitted if 0.9 < scale_of(fitted) < 1.1 else STILL


def _recalled(
    anchor: Anchor, motion: Similarity, now: Look, window: Window, flow: Flow
) -> tuple[Field, Field, Similarity]:
    """The anchor's mask brought to this frame, how far to believe it at each pixel, and the motion made exact by it."""
    placed = motion.copy()
    placed[:, 2] -= _origin(window)
    height, width = now.gray.shape

    def place(image: NDArray[np.generic]) -> NDArray[np.generic]:
        return cv2.warpAffine(image, placed, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    gray = cv2.cvtColor(np.asarray(place(anchor.picture)), cv2.COLOR_RGB2GRAY)
    rest = flow(now.gray, np.asarray(gray, dtype=np.uint8))
    recalled = flow_warp(np.asarray(place(anchor.mask.astype(np.float32))), rest)
    difference = np.linalg.norm(now.smooth - flow_warp(np.asarray(place(anchor.smooth)), rest), axis=2)
    bend = np.linalg.norm(rest, axis=2) / (0.03 * min(anchor.mask.shape))
    recall = np.exp(-np.square(difference / _TOLERANCE) - np.square(bend)).astype(np.float32)
    return recalled, recall, after(_remaining_motion(recalled, recall, rest, window, anchor.area), motion)


def _remaining_motion(recalled: Field, recall: Field, rest: FlowField, window: Window, area: int) -> Similarity:
    """What the anchor's placement still lacks, by those pixels that match; nothing when too few do."""
    ys, xs = np.nonzero((recalled > 0.5) & (recall > 0.5))
    if len(xs) < max(_SMALLEST, 0.2 * area):
        return STILL
    every = max(1, len(xs) // 3000)
    ys, xs = ys[::every], xs[::every]
    target = np.column_stack([xs, ys]) + _origin(window)
    return fit_similarity(target + rest[ys, xs], target, recall[ys, xs].astype(np.float64))


def _colour_odds(state: Follow, now: Look, reference: NDArray[np.float32], carried: Field, sigma: float) -> Field:
    """What the colours say: those of the whole object, then and lately, and those near each boundary."""
    inside = 0.5 * (state.anchor.inside + state.inside)
    outside = 0.5 * (state.anchor.outside + state.outside)
    whole = colour_ratio(now.bins, inside, outside, reach=3.0)
    return np.asarray(_COLOUR_WEIGHT * (whole + local_ratio(now.lab, reference, carried, sigma)))


def _settle(now: Look, odds: Field, expected: Mask, short: int) -> Mask:
    """The minimum cut near where the object is expected."""
    found = np.zeros_like(expected)
    distance = distance_to(expected)
    window = window_around(expected, _REACH * short)
    if window is None:
        return found
    odds = np.where(distance > _REACH * short, -20.0, odds - 15 * distance / short)[window].astype(np.float32)
    cut = minimum_cut(odds, edge_weights(now.lab[window], _STRENGTH), iterations=100)
    found[window] = parts_touching(cut > 0.5, expected[window])
    return found


def _signs(state: Follow, found: Mask, now: Look, trust: Field, recalled: Field, recall: Field) -> Signs:
    inside = 0.5 * (state.anchor.inside + state.inside)
    outside = 0.5 * (state.anchor.outside + state.outside)
    ratio = colour_ratio(now.bins, inside, outside)
    there = recalled > 0.5
    return Signs(
        flow=float(trust[found].mean()),
        colour=float((ratio[found] > 0).mean()),
        growth=float(found.sum()) / max(int(state.mask.sum()), 1),
        contrast=outline_contrast(now, found) / max(state.anchor.contrast, 1e-3),
        recall=float(recall[there].mean()) if there.any() else 0.0,
        size=float(found.sum()) / max(state.anchor.area, 1),
    )


def _learn(state: Follow, mask: Mask, bins: NDArray[np.int32]) -> tuple[Histogram, Histogram]:
    """The colour models, a little nearer to this frame's."""
    inside = (1 - _LEARN) * state.inside + _LEARN * histogram(bins, mask)
    outside = (1 - 2 * _LEARN) * state.outside + 2 * _LEARN * histogram(bins, _surroundings(mask))
    return inside, outside


def _search(state: Follow, picture: Picture) -> Follow:
    """Look for an object that is out of sight: the anchor's look, anywhere in the frame."""
    again = find_again(Look.of(picture), state.anchor.smooth, state.anchor.mask)
    if again is None:
        return replace(state, picture=picture, confidence=min(state.confidence, 0.0))
    return replace(
        state, picture=picture, mask=again.mask, motion=again.motion, confidence=again.confidence, seen=again.mask
    )


def _surroundings(mask: Mask) -> Mask:
    distance = distance_to(mask)
    return (distance > 1) & (distance < _SURROUNDINGS * min(mask.shape))


def _log_odds(share: Field) -> Field:
    bounded = share.clip(0.02, 0.98)
    return np.asarray(np.log(bounded / (1 - bounded)), dtype=np.float32)


def _origin(window: Window) -> NDArray[np.float64]:
    return np.array([window[1].start, window[0].start], dtype=np.float64)
