"""How sure a mask is: on an anchor, by whether the guesses agree; on a followed frame, by the signs of each step.

A confidence under `masks.track.LOST_BELOW` is reported as lost. It is the product of the anchor's own and the smaller
of two: what survived the steps since then (a mask that followed the wrong thing once goes on following it, and only a
clear match with the anchor's look brings it back), and how sound this frame's mask is by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate.masks.track import LOST_BELOW, Mask
from cleanplate.select.geometry import overlap

_TRACE = 0.1
"""Share of the anchor's area under which a doubtful rest is no object."""

_RECOGNISED = 0.6
"""Match with the anchor's look at which the object is the anchor's, whatever happened on the way."""
_AGREED = 0.6
"""Mean overlap of the guesses under which the clicks do not say what the object is."""


@dataclass(frozen=True)
class Signs:
    """What can be measured of one step.

    Attributes:
        flow: mean belief in the flow over the mask, 0..1.
        colour: share of the mask whose colour is rather the object's.
        growth: area against the last frame's.
        contrast: contrast of the outline against the anchor's.
        shape: overlap (IoU) with the anchor's mask, carried along.
        recall: mean match of the anchor's look, carried along, 0..1.
        size: area against the anchor's.
    """

    flow: float
    colour: float
    growth: float
    contrast: float
    shape: float
    recall: float
    size: float


def carried_on(signs: Signs, before: float) -> float:
    """What of the confidence survives a step, 0..1: shocks wear it down, the anchor's own look brings it back."""
    shock = min(_ramp(signs.flow, 0.4, 0.7), _ramp(-abs(float(np.log(signs.growth))), -0.7, -0.25))
    carried = before * (0.4 + 0.6 * shock)
    like_before = 0.6 < signs.size < 1.7
    return max(carried, signs.recall) if like_before and signs.recall > _RECOGNISED else carried


def soundness(signs: Signs) -> float:
    """How much a mask by itself looks like the object, 0..1: its weakest sign, on a ramp from hopeless to usual."""
    return min(
        _ramp(signs.colour, 0.3, 0.6),
        _ramp(signs.contrast, 0.15, 0.4),
        _ramp(signs.shape, 0.2, 0.65),
    )


def is_trace(signs: Signs, confidence: float) -> bool:
    """True when what is left is too little and too doubtful to be called the object."""
    return signs.size < _TRACE and (confidence < LOST_BELOW or signs.recall < LOST_BELOW)


def agreement(masks: Sequence[Mask], scores: Sequence[float], best: Mask) -> float:
    """Confidence of an anchor: how far its guesses, weighted by their scores, agree with the one chosen.

    Where the object is plain, guesses of different size end in the same outline.
    """
    weight = np.power(np.asarray(scores) / max(*scores, 1e-9), 4)
    mean = float(weight @ [overlap(mask, best) for mask in masks]) / max(float(weight.sum()), 1e-9)
    return float(np.clip(LOST_BELOW + 2 * (mean - _AGREED), 0, 1))


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
