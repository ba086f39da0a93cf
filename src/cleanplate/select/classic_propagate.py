"""From one frame's mask to the next frame's, with the anchor's look as a memory that does not drift.

What a pixel's label should be is asked of five witnesses: the last mask carried along the flow; the anchor's mask
carried along the object's own motion since then; the colours of the whole object and of its surroundings; the colours
on both sides of the boundary nearby; and whose motion explains the pixel. A minimum cut settles what they leave open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cleanplate.masks.track import Mask
from cleanplate.motion.flow import Flow
from cleanplate.motion.warp import flow_warp
from cleanplate.select.absence import absence_confidence
from cleanplate.select.classic_colour import Field, Histogram, Look, Picture, colour_ratio, histogram, local_ratio
from cleanplate.select.classic_confidence import Signs, carried_on, is_trace, soundness
from cleanplate.select.classic_cut import edge_weights, minimum_cut
from cleanplate.select.classic_prompt import outline_contrast
from cleanplate.select.classic_search import find_again
from cleanplate.select.classic_witness import (
    Recall,
    Step,
    carried_mask,
    log_odds,
    motion_odds,
    place,
    recall_mask,
    similarity_of,
)
from cleanplate.select.geometry import (
    STILL,
    Similarity,
    Window,
    after,
    distance_to,
    overlap,
    parts_touching,
    shifted,
    window_around,
)

_REACH = 0.06
"""How far the boundary may lie from where the witnesses of place put it, in shares of the frame's shorter side."""
_MARGIN = 0.2
"""How much of the frame around the object is looked at, in shares of the shorter side: motion and surroundings."""
_BEND = 0.03
_NEAR = 0.02
_SURROUNDINGS = 0.3
_COLOUR_WEIGHT = 0.7
_STRENGTH = 3.0
_LEARN = 0.1
_SMALLEST = 12
"""Pixels under which nothing can be followed."""


@dataclass(frozen=True)
class Anchor:
    """The object as it looked on the frame that carries an input."""

    picture: Picture
    mask: Mask
    confidence: float

    @cached_property
    def look(self) -> Look:
        return Look.of(self.picture)

    @cached_property
    def inside(self) -> Histogram:
        return histogram(self.look.bins, self.mask)

    @cached_property
    def outside(self) -> Histogram:
        return histogram(self.look.bins, _surroundings(self.mask))

    @cached_property
    def contrast(self) -> float:
        return outline_contrast(self.look, self.mask)

    @cached_property
    def area(self) -> int:
        return int(self.mask.sum())


@dataclass(frozen=True)
class Follow:
    """The state of one sweep: all that the next step depends on.

    Attributes:
        mask: the object on this frame; empty while it is out of sight.
        motion: the object's similarity from the anchor's frame to this one.
        inside, outside: the colours of late.
        carried: what of the confidence survived the steps since the anchor, 0..1.
        confidence: how sure the mask is, 0..1.
    """

    anchor: Anchor
    picture: Picture
    mask: Mask
    motion: Similarity
    inside: Histogram
    outside: Histogram
    carried: float
    confidence: float


def start(picture: Picture, mask: Mask, confidence: float = 1.0) -> Follow:
    """Begin a sweep at an anchor, whose mask is sure to `confidence`."""
    anchor = Anchor(picture, mask, confidence)
    return Follow(anchor, picture, mask, STILL, anchor.inside, anchor.outside, 1.0, confidence)


def advance(state: Follow, picture: Picture, flow: Flow) -> Follow:
    """Follow the object into the next picture of the sweep."""
    short = min(state.mask.shape)
    window = window_around(state.mask, _MARGIN * short)
    if window is None:
        return _search(state, picture)
    last, now = Look.of(state.picture[window]), Look.of(picture[window])
    step = Step(last, now, flow(last.gray, now.gray), flow(now.gray, last.gray))
    own = similarity_of(step, state.mask[window])
    ground = similarity_of(step, ~state.mask[window])
    placed = after(shifted(own, window), state.motion)
    recall = _recall(state.anchor, placed, now, window, flow)
    carried, trust = carried_mask(step, state.mask[window])
    colours = _colour_odds(state, now)
    nearby = local_ratio(now.lab, flow_warp(last.lab, step.back), carried, _NEAR * short)
    odds = trust * log_odds(carried) + recall.belief * log_odds(recall.mask)
    odds += _COLOUR_WEIGHT * (colours + nearby) + motion_odds(step, own, ground)
    expected = np.asarray((carried > 0.5) | ((recall.mask > 0.5) & (recall.belief > 0.5)))
    found = _settle(now, odds, expected, short)
    mask = np.zeros_like(state.mask)
    mask[window] = found
    motion = after(shifted(recall.rest, window), placed)
    return _judge(state, picture, mask, motion, _signs(state, found, now, recall, trust=trust, colours=colours))


def _recall(anchor: Anchor, motion: Similarity, now: Look, window: Window, flow: Flow) -> Recall:
    """The anchor's mask as the object's motion since then brings it into the window."""
    placed = motion.copy()
    placed[:, 2] -= window[1].start, window[0].start
    shape = (now.gray.shape[0], now.gray.shape[1])
    rest = flow(now.gray, place(anchor.look.gray, placed, shape))
    mask = place(anchor.mask.astype(np.float32), placed, shape)
    return recall_mask(mask, place(anchor.look.smooth, placed, shape), now, rest, _BEND * min(anchor.mask.shape))


def _colour_odds(state: Follow, now: Look) -> Field:
    """The colours of the whole object against those of its surroundings, on the anchor and of late."""
    inside = 0.5 * (state.anchor.inside + state.inside)
    outside = 0.5 * (state.anchor.outside + state.outside)
    return colour_ratio(now.bins, inside, outside, reach=3.0)


def _settle(now: Look, odds: Field, expected: Mask, short: int) -> Mask:
    """The minimum cut near where the object is expected."""
    found = np.zeros_like(expected)
    window = window_around(expected, _REACH * short)
    if window is None:
        return found
    distance = distance_to(expected)[window]
    near = np.where(distance > _REACH * short, -20.0, odds[window] - 15 * distance / short).astype(np.float32)
    cut = minimum_cut(near, edge_weights(now.lab[window], _STRENGTH))
    found[window] = parts_touching(cut > 0.5, expected[window])
    return found


def _signs(state: Follow, found: Mask, now: Look, recall: Recall, *, trust: Field, colours: Field) -> Signs | None:
    """What speaks for and against the mask found; None when nothing was."""
    area = int(found.sum())
    if area < _SMALLEST:
        return None
    return Signs(
        flow=float(trust[found].mean()),
        colour=float((colours[found] > 0).mean()),
        growth=area / max(int(state.mask.sum()), 1),
        contrast=outline_contrast(now, found) / max(state.anchor.contrast, 1e-3),
        shape=overlap(found, recall.mask > 0.5),
        recall=recall.match,
        size=area / max(state.anchor.area, 1),
    )


def _judge(state: Follow, picture: Picture, mask: Mask, motion: Similarity, signs: Signs | None) -> Follow:
    """The next state: the mask with its confidence, or none when the object went out of sight."""
    carried = 0.0 if signs is None else carried_on(signs, state.carried)
    if signs is None or is_trace(signs, carried):
        gone = state.anchor.confidence * absence_confidence(state.mask)
        nothing = np.zeros_like(mask)
        return replace(state, picture=picture, mask=nothing, motion=motion, carried=0.0, confidence=gone)
    bins = Look.of(picture).bins
    inside = (1 - _LEARN) * state.inside + _LEARN * histogram(bins, mask)
    outside = (1 - 2 * _LEARN) * state.outside + 2 * _LEARN * histogram(bins, _surroundings(mask))
    sure = state.anchor.confidence * min(carried, soundness(signs))
    return Follow(state.anchor, picture, mask, motion, inside, outside, carried, sure)


def _search(state: Follow, picture: Picture) -> Follow:
    """Look for an object that is out of sight: the anchor's look, anywhere in the frame."""
    again = find_again(Look.of(picture), state.anchor.look.smooth, state.anchor.mask)
    if again is None:
        return replace(state, picture=picture)
    sure = state.anchor.confidence * again.confidence
    return replace(
        state, picture=picture, mask=again.mask, motion=again.motion, carried=again.confidence, confidence=sure
    )


def _surroundings(mask: Mask) -> Mask:
    distance = distance_to(mask)
    return np.asarray((distance > 1) & (distance < _SURROUNDINGS * min(mask.shape)))
