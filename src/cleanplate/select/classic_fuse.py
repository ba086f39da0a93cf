"""Two opinions on a frame that lies between two anchors, made one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanplate.masks.track import Mask
from cleanplate.select.geometry import overlap, signed_distance

_ALIKE = 0.5
"""Overlap (IoU) under which two masks are taken for two things, not for one with a doubtful outline."""


@dataclass(frozen=True)
class Opinion:
    """What one sweep says of a frame.

    Attributes:
        confidence: 0..1.
        distance: frames to the anchor that the sweep started from.
    """

    mask: Mask
    confidence: float
    distance: int


def fuse(one: Opinion, other: Opinion) -> tuple[Mask, float]:
    """The mask and its confidence; the nearer and the surer opinion weighs more.

    Two like shapes meet halfway (by their signed distances); of two unlike ones the weightier is taken, and doubted.
    """
    weight = np.array([o.confidence / max(o.distance, 1) for o in (one, other)]) + 1e-9
    share = weight / weight.sum()
    sure = float(share @ [one.confidence, other.confidence])
    agreement = overlap(one.mask, other.mask)
    if agreement < _ALIKE or not (one.mask.any() and other.mask.any()):
        better, worse = (one, other) if share[0] >= share[1] else (other, one)
        # A rival that is as sure halves the confidence; one that is lost itself takes nothing away.
        rival = (1 - agreement) * worse.confidence * min(share) / max(share)
        return better.mask, better.confidence * (1 - 0.5 * rival)
    blended = share[0] * signed_distance(one.mask) + share[1] * signed_distance(other.mask)
    return np.asarray(blended > 0), min(1.0, max(sure, agreement * max(one.confidence, other.confidence)))
