"""Which colours are a thing's and which its surroundings'."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.window import Rgb

Palette = NDArray[np.float32]
"""512 shares that add up to 1: of colours in 8 x 8 x 8 boxes of R, G, B."""
_SIDE = 8
_FLOOR = 2e-4
"""Share that any colour has, so that one never seen before is no proof."""
_LIMIT = 3.0


def palette(picture: Rgb, where: NDArray[np.bool_]) -> Palette:
    """Of the pixels at `where`, each spread a little over the neighbouring boxes."""
    counts = np.bincount(_boxes(picture)[where], minlength=_SIDE**3).astype(np.float32).reshape(_SIDE, _SIDE, _SIDE)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if axis == other else (0, 0) for other in range(3)])
        counts = counts + 0.5 * (padded.take(range(_SIDE), axis) + padded.take(range(2, _SIDE + 2), axis))
    return np.asarray((counts / max(float(counts.sum()), 1e-6)).ravel(), np.float32)


def likelihood(picture: Rgb, thing: Palette, around: Palette) -> NDArray[np.float32]:
    """Logarithm of how much likelier each pixel's colour (H x W) is on the thing than around it, within -3..3."""
    ratio = np.log((thing + _FLOOR) / (around + _FLOOR))
    return np.asarray(np.clip(ratio, -_LIMIT, _LIMIT)[_boxes(picture)], np.float32)


def _boxes(picture: Rgb) -> NDArray[np.int32]:
    box = (picture >> 5).astype(np.int32)
    return np.asarray((box[..., 0] * _SIDE + box[..., 1]) * _SIDE + box[..., 2], np.int32)
