"""The layer between two pictures: from a scene with and without a thing to straight colour and the least alpha.

`composite = alpha * edit + (1 - alpha) * preserved` has many solutions. The one kept has the least alpha for which the
edit's colour stays in range, and never less than the thing covers: a shadow becomes thin black, not a thick grey patch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""H x W x 3, R'G'B'."""

_PEAK = 255
TOLERANCE = 1
"""Codes of 8 bits by which two pictures may differ and still agree."""


def over(edit: Picture, alpha: NDArray[np.uint8], preserved: Picture) -> Picture:
    """The edit over what is preserved, rounded to 8 bits."""
    share = alpha[..., None].astype(np.float64) / _PEAK
    return np.asarray(np.rint(share * edit + (1 - share) * preserved), np.uint8)


def least_alpha(preserved: Picture, composite: Picture, coverage: NDArray[np.float32]) -> NDArray[np.uint8]:
    """H x W uint8: the least alpha with which some colour in 0..255 leads from `preserved` to `composite`.

    Args:
        coverage: H x W, 0..1: how much of each pixel the thing itself covers.
    Returns:
        Alpha rounded up; 0 where both pictures agree to `TOLERANCE` and nothing is covered.
    """
    before, after = preserved.astype(np.float64), composite.astype(np.float64)
    room = np.where(after < before, before, _PEAK - before)
    needed = np.divide(np.abs(after - before), room, out=np.zeros_like(before), where=room > 0).max(axis=2)
    effect = np.abs(after - before).max(axis=2) > TOLERANCE
    alpha = np.maximum(np.where(effect | (coverage > 0), needed, 0), coverage)
    return np.asarray(np.ceil(np.clip(alpha, 0, 1) * _PEAK - 1e-6), np.uint8)


def edit_colour(preserved: Picture, composite: Picture, alpha: NDArray[np.uint8]) -> Picture:
    """Straight colour of a layer that leads from `preserved` to `composite` with this alpha; black where alpha is 0."""
    share = alpha[..., None].astype(np.float64) / _PEAK
    rest = composite - (1 - share) * preserved
    colour = np.divide(rest, share, out=np.zeros_like(rest), where=share > 0)
    return np.asarray(np.rint(np.clip(colour, 0, _PEAK)), np.uint8)


def layer_between(
    preserved: Picture, composite: Picture, coverage: NDArray[np.float32]
) -> tuple[Picture, NDArray[np.uint8]]:
    """(edit, alpha) with ``over(edit, alpha, preserved)`` within one code of `composite`."""
    alpha = least_alpha(preserved, composite, coverage)
    return edit_colour(preserved, composite, alpha), alpha
