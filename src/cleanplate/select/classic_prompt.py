"""One frame: from clicks, boxes and strokes to the object's mask.

The size of what was clicked is not known, so several sizes are tried. Each gives a minimum cut under colour models that
are learnt again from the cut (GrabCut's iteration); the one whose outline runs along the strongest contrast wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.selection import Selection
from cleanplate.masks.track import Mask
from cleanplate.select.classic_colour import Field, Look, colour_ratio, histogram
from cleanplate.select.classic_confidence import agreement
from cleanplate.select.classic_cut import edge_weights, minimum_cut
from cleanplate.select.geometry import Window, distance_to, inner_contour, overlap, parts_touching, window_around

_SIZES = (0.04, 0.08, 0.16, 0.32)
"""How far the object may reach beyond what was pointed at, in shares of the frame's shorter side."""
_TRUSTS = (1.0, 2.0)
"""Log odds that what lies between the clicks is object too."""
_FALL = 4.0
"""Log odds lost on the way from what was pointed at to its reach."""
_ROUNDS = 4
_SEED_RADIUS = 2
_CERTAIN = 20.0
_STRENGTH = 3.0
_TELLABLE = 3.0
"""Mean contrast (L*a*b* units) of an outline under which nothing can be told apart."""


@dataclass(frozen=True)
class Prompts:
    """What was pointed at on one frame, as masks on the working grid.

    Attributes:
        positive, negative: pixels surely object, surely not.
        support: the convex hull of the positive ones, or the box where there are none.
        limit: inside the boxes; all true without one.
    """

    positive: Mask
    negative: Mask
    support: Mask
    limit: Mask


def rasterise(selection: Selection, height: int, width: int) -> Prompts:
    """Draw one frame's inputs (already in pixels of a height x width grid)."""
    drawn = {True: np.zeros((height, width), np.uint8), False: np.zeros((height, width), np.uint8)}
    for click in selection.clicks:
        cv2.circle(drawn[click.positive], (int(click.x), int(click.y)), _SEED_RADIUS, 1, -1)
    for stroke in selection.strokes:
        points = np.array(stroke.points).astype(np.int32).reshape(-1, 1, 2)
        thickness = max(1, round(2 * stroke.radius))
        cv2.polylines(drawn[stroke.positive], [points], isClosed=False, color=1, thickness=thickness)
    limit = np.zeros((height, width), np.bool_)
    for box in selection.boxes:
        limit[max(0, int(box.y0)) : int(np.ceil(box.y1)), max(0, int(box.x0)) : int(np.ceil(box.x1))] = True
    if not selection.boxes:
        limit[:] = True
    positive = drawn[True].astype(np.bool_)
    support = drawn[True]
    if positive.any():
        cv2.fillConvexPoly(support, cv2.convexHull(cv2.findNonZero(support)), 1)
    elif selection.boxes:
        support = limit.astype(np.uint8)
    negative = drawn[False].astype(np.bool_) & ~positive
    return Prompts(positive, negative, support.astype(np.bool_) & ~negative, limit)


@dataclass(frozen=True)
class FrameMask:
    """The object on one frame.

    Attributes:
        contrast: mean colour difference across the outline, in L*a*b* units.
        confidence: 0..1, by whether guesses of different size agree.
    """

    mask: Mask
    contrast: float
    confidence: float


def segment_frame(look: Look, prompts: Prompts, prior: Mask | None = None) -> FrameMask:
    """The object on one frame.

    Args:
        prior: where another frame's mask leads to, when it is to be believed; clicks then correct it.
    """
    contested = prior is not None and bool((prompts.positive & ~prior).any() or (prompts.negative & prior).any())
    masks = list(_candidates(look, prompts, prior))
    contrasts = [outline_contrast(look, mask) for mask in masks]
    like = [1.0 if prior is None or contested else 0.5 + overlap(mask, prior) for mask in masks]
    scores = [contrast * weight for contrast, weight in zip(contrasts, like, strict=True)]
    chosen = int(np.argmax(scores))
    best = masks[chosen]
    return FrameMask(best, contrasts[chosen], agreement(masks, scores, best))


def require_tellable(contrast: float, selection: Selection, frame: int) -> None:
    """Raise InputError when the outline found on a frame follows nothing that can be seen."""
    if contrast >= _TELLABLE:
        return
    clicks = [f"click {c.x:g},{c.y:g}" for c in selection.on(frame).clicks if c.positive]
    raise InputError(
        f"{clicks[0] if clicks else 'what was pointed at'} on frame {frame} lies on nothing that can be told from its "
        "surroundings",
        where=selection.name,
        remedy="Click on the object itself, add clicks, or draw a box around it.",
    )


def outline_contrast(look: Look, mask: Mask, reach: int = 2) -> float:
    """Mean over the outline of the colour difference across it, in L*a*b* units; 0 for a mask without outline."""
    contour = inner_contour(mask)
    window = window_around(contour, reach + 1)
    if window is None:
        return 0.0
    smooth, contour = look.smooth[window], contour[window]
    ys, xs = np.nonzero(contour)
    height, width = contour.shape
    steepest = np.zeros(len(ys), np.float32)
    for dy, dx in ((0, reach), (reach, 0), (reach, reach), (reach, -reach)):
        one = smooth[np.clip(ys + dy, 0, height - 1), np.clip(xs + dx, 0, width - 1)]
        other = smooth[np.clip(ys - dy, 0, height - 1), np.clip(xs - dx, 0, width - 1)]
        steepest = np.maximum(steepest, np.linalg.norm(one - other, axis=1))
    return float(steepest.mean())


def _candidates(look: Look, prompts: Prompts, prior: Mask | None) -> Iterator[Mask]:
    short = min(look.gray.shape)
    supports = [prompts.support]
    if prior is not None:
        supports = [(prior | prompts.support) & ~prompts.negative] + (
            [prompts.support] if prompts.positive.any() else []
        )
    for support in supports:
        for size in _SIZES:
            window = window_around(support, 3 * size * short + 2)
            if window is None:
                continue
            for trust in _TRUSTS:
                mask = np.zeros_like(support)
                mask[window] = _cut(look, prompts, support, window, reach=size * short, trust=trust)
                yield mask


def _cut(look: Look, prompts: Prompts, support: Mask, window: Window, *, reach: float, trust: float) -> Mask:
    """The iterated cut for one guess of the object's size, within `window`."""
    bins, positive, negative = look.bins[window], prompts.positive[window], prompts.negative[window]
    support, limit = support[window], prompts.limit[window]
    distance = distance_to(support)
    spatial = trust - _FALL * distance / reach - (trust + _FALL) * np.exp(-np.square(distance_to(negative) / reach))
    shut = (distance > 2 * reach) | ~limit | negative
    weights = edge_weights(look.lab[window], _STRENGTH)
    seeds = positive if positive.any() else support
    inside = _first_colours(positive, support, pointed=bool(prompts.positive.any()))
    outside = np.asarray((distance > reach) | ~limit | negative, dtype=np.float32)
    mask = seeds
    for _ in range(_ROUNDS):
        ratio = colour_ratio(bins, histogram(bins, inside), histogram(bins, outside))
        odds = np.where(shut, -_CERTAIN, np.where(positive, _CERTAIN, ratio + spatial)).astype(np.float32)
        mask = parts_touching(minimum_cut(odds, weights) > 0.5, seeds)
        if not mask.any():
            break
        inside, outside = mask.astype(np.float32), (~mask).astype(np.float32)
    return mask


def _first_colours(positive: Mask, support: Mask, *, pointed: bool) -> Field:
    """Where the object's colours are first read: around the clicks, or in the middle of the box."""
    if pointed:
        return np.asarray(cv2.GaussianBlur(positive.astype(np.float32), (0, 0), 2.0), dtype=np.float32)
    depth = distance_to(~support)
    return np.asarray(depth > 0.5 * depth.max(), dtype=np.float32)
