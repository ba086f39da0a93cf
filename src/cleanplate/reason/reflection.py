"""The object's mirror image below it: the flipped object found again under its foot, by correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import erode
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.footage import Footage

_ALIKE = 0.6
"""Normalised correlation of the mirror image with what lies below."""
_SHOWN = 0.4
"""Share of the mirror image that must lie in the frame."""
_GAP = 0.12
"""Largest gap between the object's foot and its image, and deepest overlap, as a share of its height."""
_TRIES = 8
"""Heights tried on either side of the object's foot."""
_DETAIL = 3.0
"""Standard deviation of codes under which an object is too plain to be recognised in a mirror."""


@dataclass(frozen=True)
class MirrorImage:
    """Where the flipped object lies and how well it matches."""

    mask: Mask
    score: float


def mirror_image(footage: Footage, owner: int, at: int) -> MirrorImage | None:
    """The object's reflection in a level mirror below it on one picture, or None."""
    there = footage.owner[at] == owner
    box = mask_box(there)
    if box is None:
        return None
    y0, x0, y1, x1 = box
    flipped_mask = there[y0:y1, x0:x1][::-1]
    flipped = footage.rgb[at, y0:y1, x0:x1][::-1].astype(np.float32)
    slack = max(1, round(_GAP * (y1 - y0)))
    best: MirrorImage | None = None
    for top in range(y1 - slack, min(y1 + slack, footage.shape[0] - 1) + 1, max(1, slack // _TRIES)):
        shown = min(y1 - y0, footage.shape[0] - top)
        mask = np.zeros(footage.shape, dtype=np.bool_)
        mask[top : top + shown, x0:x1] = flipped_mask[:shown]
        mask &= ~footage.object(at)
        if mask.sum() < _SHOWN * there.sum():
            continue
        inner = erode(mask, 1)[top : top + shown, x0:x1]
        score = correlation(flipped[:shown][inner], footage.rgb[at, top : top + shown, x0:x1][inner])
        if score >= _ALIKE and (best is None or score > best.score):
            best = MirrorImage(mask, score)
    return best


def correlation(a: NDArray[np.float32], b: NDArray[np.uint8]) -> float:
    """Normalised correlation of N x 3 samples, the mean over channels that have detail; 0 when none has."""
    if not len(a):
        return 0.0
    x, y = a - a.mean(axis=0), b.astype(np.float32) - b.mean(axis=0)
    detail = (x.std(axis=0) > _DETAIL) & (y.std(axis=0) > _DETAIL / 2)
    if not detail.any():
        return 0.0
    x, y = x[:, detail], y[:, detail]
    return float(((x * y).sum(axis=0) / np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))).mean())
