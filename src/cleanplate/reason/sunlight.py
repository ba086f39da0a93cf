"""Which way shadows fall: the object's silhouette, laid on the ground in many ways, is held against what is dark there.

A shadow on level ground is the silhouette sheared about its foot, as far as the picture is small beside the scene. The
way that is darkest beside its own surroundings, over many pictures, is the way that the light comes from; so a shadow
is found that never moves, on ground with a pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.footage import Footage

_SIDEWAYS = np.linspace(-1.5, 1.5, 11)
_ALONG = (-0.7, -0.45, -0.25, -0.08, 0.08, 0.25, 0.4)
"""Pixels that the shadow of a point goes aside and down the picture for each pixel that it stands high."""
_LIFTED = (0.0, 0.5)
"""Heights of an object, as shares of its own, at which it may hang over the ground."""
_BASE = 0.12
"""How far above an object's lowest point the middle of its foot lies, as a share of its height."""
_RING = 0.18
"""Width of the surroundings that a shadow is held against, as a share of the object's size."""
_DARKER = 0.2
"""Smallest logarithm of codes, lit to shadowed."""
_HANGING = 0.7
"""What evidence counts for an object that hangs in the air, since most stand."""
_TINT = 0.2
"""How far the channels may part."""
_SURE = 2.0
"""Standard errors by which a shadow must be darker than its surroundings."""
_PATCH = 25.0
"""Pixels that share one independent sample of the ground."""
_LONGEST = 48
"""Pixels of an object's longer side at which its shadow is looked for."""
_SEEN = 30
"""Fewest pixels of a shadow, and of its surroundings, that say anything."""


@dataclass(frozen=True)
class Sun:
    """Where the shadow of a point falls: (aside, down) pixels for each pixel of height above the foot.

    Attributes:
        lifted: how high the object that told it hangs over the ground, as a share of its height.
        confidence: 0..1.
    """

    aside: float
    down: float
    lifted: float
    confidence: float

    def ground(self, there: Mask) -> float:
        """The y of the ground under the object that told it."""
        box = mask_box(there)
        return float(there.shape[0] - 1) if box is None else box[2] + (self.lifted - _BASE) * (box[2] - box[0])

    def shadow(self, mask: Mask, foot: float | None = None) -> Mask:
        """h x w: the shadow of what stands at `foot` (y; by default where it stands by itself), hidden parts too."""
        box = mask_box(mask)
        if box is None:
            return mask.copy()
        ground = box[2] - _BASE * (box[2] - box[0]) if foot is None else foot
        return laid(mask, self.aside, self.down, ground)


def laid(mask: Mask, aside: float, down: float, ground: float) -> Mask:
    """The silhouette of what stands at y = `ground`, laid on the ground: (x + aside h, ground + down h) at height h."""
    shear = np.array([[1, -aside, aside * ground], [0, -down, (1 + down) * ground]], dtype=np.float64)
    flat = cv2.warpAffine(mask.astype(np.uint8), shear, mask.shape[::-1], flags=cv2.INTER_NEAREST)
    covered: Mask = flat > 0
    return covered


def sun_of(footage: Footage, owner: int, looks: Sequence[int]) -> Sun | None:
    """The way that an object's shadow falls on most of the pictures that are looked at, or None where none is plain."""
    ways = list(product(_SIDEWAYS, _ALONG, _LIFTED))
    scores = np.asarray([_scores(footage, owner, at, ways) for at in looks]).reshape(-1, len(ways))
    if not len(scores):
        return None
    evidence = np.median(scores, axis=0) * np.array([_HANGING if lifted else 1.0 for *_, lifted in ways])
    best = int(evidence.argmax())
    if evidence[best] < _SURE:
        return None
    aside, down, lifted = map(float, ways[best])
    return Sun(aside, down, lifted, float(min(0.8, 0.3 + 0.03 * evidence[best])))


def _scores(footage: Footage, owner: int, at: int, ways: list[tuple[float, float, float]]) -> NDArray[np.float64]:
    """For each way, by how many standard errors the silhouette laid that way is darker than its surroundings."""
    there = footage.owner[at] == owner
    box = mask_box(there)
    if box is None:
        return np.zeros(len(ways))
    reach = max(box[2] - box[0], box[3] - box[1])
    near = _around(box, 2 * reach, footage.shape)
    scale = min(1.0, _LONGEST / reach)
    mask, taken = (_shrunk(one[near], scale) for one in (there, footage.object(at)))
    rgb = cv2.resize(footage.rgb[at][near], mask.shape[::-1], interpolation=cv2.INTER_AREA)
    log = np.log(cv2.GaussianBlur(rgb, (0, 0), 0.8).astype(np.float32) + 4)
    foot, height = scale * (box[2] - near[0].start), scale * (box[2] - box[0])
    ring = np.ones((2 * max(2, round(_RING * scale * reach)) + 1,) * 2, np.uint8)
    taken = cv2.dilate(taken.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    laid_out = (laid(mask, aside, down, foot + (lifted - _BASE) * height) for aside, down, lifted in ways)
    return np.asarray([_darker(log, shadow & ~taken, taken, ring) for shadow in laid_out])


def _darker(log: NDArray[np.float32], shadow: Mask, taken: Mask, ring: NDArray[np.uint8]) -> float:
    """Standard errors; 0 for what is no shadow by its colour, its contrast or its size."""
    beside = (cv2.dilate(shadow.astype(np.uint8), ring) > 0) & ~shadow & ~taken
    if shadow.sum() < _SEEN or beside.sum() < _SEEN:
        return 0.0
    dark, lit = log[shadow], log[beside]
    apart = lit.mean(axis=0) - dark.mean(axis=0)
    if apart.mean() < _DARKER or np.ptp(apart) > _TINT + 0.25 * apart.mean():
        return 0.0
    spread = np.sqrt(_PATCH * (dark.mean(axis=1).var() / len(dark) + lit.mean(axis=1).var() / len(lit)))
    return float(apart.mean() / max(float(spread), 1e-3))


def _shrunk(mask: Mask, scale: float) -> Mask:
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)


def _around(box: tuple[int, int, int, int], reach: int, shape: tuple[int, int]) -> tuple[slice, slice]:
    y0, x0, y1, x1 = box
    return slice(max(y0 - reach, 0), min(y1 + reach, shape[0])), slice(max(x0 - reach, 0), min(x1 + reach, shape[1]))
