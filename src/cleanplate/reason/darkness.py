"""How much darker the ground is where a silhouette would cast its shadow, for each way that the light may fall.

Where the object moves, the same places were also seen without it, and the ground's own pattern cancels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate
from cleanplate.masks.track import Mask
from cleanplate.reason.backdrop import Backdrop, backdrop_for
from cleanplate.reason.footage import Footage
from cleanplate.reason.laying import Way, around, laid, shrunk, standing

_RING = 0.18
"""Width of the surroundings that a shadow is held against, as a share of the object's size."""
_TINT = 0.2
"""How far the channels may part."""
_PATCH = 50.0
"""Pixels that share one independent sample of the ground."""
_SEEN = 10
"""Fewest pixels of a shadow, and of its surroundings, that say anything."""
_DEPTH, _DEPTHS = 0.35, 0.08
"""Logarithm of codes, lit to shadowed: its mean over shadows and its standard deviation."""
_FAINTEST = 0.22
"""What is less dark than this is nothing that speaks for a shadow."""
_UNEVEN = 0.1
"""Standard deviation of that logarithm which a ground has from place to place, whatever its pattern."""
_MOST = 20.0
"""What is as good as certain."""


def evidence(
    footage: Footage, owner: int, looks: Sequence[int], ways: Sequence[Way], backs: Sequence[Backdrop] = ()
) -> NDArray[np.float64]:
    """For each way, the log likelihood ratio of a shadow that falls so to none; 0 where the shadow would be hidden.

    Args:
        looks: positions that are looked at; what most of them say counts.
        backs: what is behind the object, where it moves enough that this is also seen without its shadow.
    """
    seen = [_seen(footage, owner, at, ways, backs) for at in looks if (footage.owner[at] == owner).any()]
    if not seen:
        return np.zeros(len(ways))
    apart, spread, count = np.median(np.stack(seen), axis=0).T
    noise = spread**2 + _UNEVEN**2
    both = noise + _DEPTHS**2
    ratio = apart**2 / (2 * noise) - (apart - _DEPTH) ** 2 / (2 * both) + np.log(noise / both) / 2
    return np.where(count > 0, np.minimum(ratio, np.where(apart > _FAINTEST, _MOST, 0.0)), 0.0)


def _seen(footage: Footage, owner: int, at: int, ways: Sequence[Way], backs: Sequence[Backdrop]) -> NDArray[np.float64]:
    """Ways x 3: how much darker the silhouette laid that way is, the standard error of that, pixels that show it."""
    there = footage.owner[at] == owner
    near, scale = around(there)
    mask, taken = (shrunk(one[near], scale) for one in (there, dilate(footage.object(at), 1.0)))
    log = _log(footage.rgb[at][near], mask)
    if backs:
        behind, known = backdrop_for(list(backs), at).seen_from(footage, at)
        log -= _log(behind[near], mask)
        taken |= ~shrunk(known[near], scale)
    if not mask.any():  # too thin to be seen on the small grid
        return np.zeros((len(ways), 3))
    base, height = standing(mask)
    ring = np.ones((2 * max(2, round(_RING * max(np.ptp(np.nonzero(mask), axis=1)))) + 1,) * 2, np.uint8)
    laid_out = (laid(mask, way.aside, way.down, base + way.lifted * height) for way in ways)
    return np.asarray([_darker(log, shadow, taken, ring) for shadow in laid_out])


def _darker(log: NDArray[np.float32], shadow: Mask, taken: Mask, ring: NDArray[np.uint8]) -> tuple[float, float, int]:
    """No darker at all where the colour is not that of a shadow; no pixels where too few show."""
    beside = (cv2.dilate(shadow.astype(np.uint8), ring) > 0) & ~shadow & ~taken
    shown = shadow & ~taken
    count = int(shown.sum())
    if count < _SEEN or beside.sum() < _SEEN:
        return 0.0, 0.0, 0
    dark, lit = log[shown], log[beside]
    apart = lit.mean(axis=0) - dark.mean(axis=0)
    spread = np.sqrt(_PATCH * (dark.mean(axis=1).var() / len(dark) + lit.mean(axis=1).var() / len(lit)))
    plain = np.ptp(apart) < _TINT + 0.25 * max(float(apart.mean()), 0.0)
    return (float(apart.mean()) if plain else 0.0), float(spread), count


def _log(picture: NDArray[np.uint8], mask: Mask) -> NDArray[np.float32]:
    small = cv2.resize(picture, mask.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(np.log(cv2.GaussianBlur(small, (0, 0), 0.8).astype(np.float32) + 4))
