"""Where things rest that the backdrop has swallowed: their ghosts' places, on the pictures where they lie there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.masks.track import Mask
from cleanplate.motion.warp import warp_homography
from cleanplate.reason.backdrop import Backdrop, backdrop_for, difference
from cleanplate.reason.blobs import SMALLEST, Blob, blob_of
from cleanplate.reason.footage import Footage

_SAME = 0.5
"""Intersection over union of two ghosts of one place."""
_APART = 0.3
"""Overlap, as a share of the smaller, from which two places are views of one thing."""
_LIES_THERE = 0.25
"""Share of a place that may differ from the backdrop while its thing lies there."""
_SEEN = 3
"""Pictures on which a ghost must be seen."""


@dataclass
class Place:
    """A resting place: one ghost's mask, and on how many pictures it was seen."""

    back: Backdrop
    mask: Mask
    votes: int = 1


def resting_blobs(footage: Footage, backs: list[Backdrop], ghosts: list[list[Blob]]) -> list[list[Blob]]:
    """Per picture: the things that lie still where the backdrop shows them."""
    places = _places(footage, backs, ghosts)
    found: list[list[Blob]] = []
    for at in range(len(footage)):
        back = backdrop_for(backs, at)
        here = [_warp(footage, place.mask, back.anchor, at) for place in places if place.back is back]
        differs = difference(footage.rgb[at], back.seen_from(footage, at)[0]) > back.noise if here else None
        found.append([blob_of(footage, at, m) for m in here if differs is not None and _lies(footage, at, m, differs)])
    return found


def _places(footage: Footage, backs: list[Backdrop], ghosts: list[list[Blob]]) -> list[Place]:
    """The resting places, each once: of overlapping ones the one that was seen most often."""
    places: list[Place] = []
    for at, blobs in enumerate(ghosts):
        back = backdrop_for(backs, at)
        for blob in blobs:
            mask = _warp(footage, blob.mask(footage.shape), at, back.anchor)
            known = next((p for p in places if p.back is back and _iou(p.mask, mask) > _SAME), None)
            if known is None:
                places.append(Place(back, mask))
            else:
                known.votes += 1
    kept: list[Place] = []
    for place in sorted(places, key=lambda p: -p.votes):
        if place.votes >= _SEEN and not any(k.back is place.back and _overlap(k.mask, place.mask) for k in kept):
            kept.append(place)
    return kept


def _lies(footage: Footage, at: int, mask: Mask, differs: Mask) -> bool:
    seen = mask & ~footage.object(at)
    if seen.sum() < max(SMALLEST, mask.sum() / 2):
        return False
    return bool((differs & seen).sum() < _LIES_THERE * seen.sum())


def _iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum()) / max(float((a | b).sum()), 1.0)


def _overlap(a: Mask, b: Mask) -> bool:
    return float((a & b).sum()) > _APART * float(min(a.sum(), b.sum()))


def _warp(footage: Footage, mask: Mask, at: int, other: int) -> Mask:
    """A mask of picture `at` on the grid of picture `other`."""
    matrix = footage.between(other, at)
    if np.allclose(matrix, np.eye(3)):
        return mask
    warped: Mask = warp_homography(mask.astype(np.uint8), matrix, footage.shape, kernel=cv2.INTER_NEAREST) > 0
    return warped
