"""All of a thing of which a part was found: as far as its colours go on, if they end before the picture does.

What sticks out of the window in which things are looked for, a plank or a bench, is its own surroundings there.
Colours that reach the picture's edge, or cover far more than the part, are the ground's or a wall's, and the part stays
as it is.
"""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.masks.brush import close
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.footage import Picture

_NEAR = 9.0
"""Levels from the part's middle colours, in any channel, within which a pixel is of its colours."""
_GAPS = 1.0
_TIMES = 12.0
"""Areas of the part that the whole has at most."""


def grown(picture: Picture, part: Mask, taken: Mask, largest: float) -> Mask:
    """h x w: the whole thing, or the part where nothing tells of a whole.

    Args:
        taken: where it cannot be.
        largest: pixels that the whole has at most.
    """
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.7).astype(np.float32)
    low, high = np.percentile(smooth[part], (20, 80), axis=0)
    like = ((smooth >= low - _NEAR) & (smooth <= high + _NEAR)).all(axis=2)
    _, labels = cv2.connectedComponents((close((like | part) & ~taken, _GAPS) & ~taken).astype(np.uint8))
    numbers = np.unique(labels[part])
    whole: Mask = np.isin(labels, numbers[numbers > 0]) | part
    y0, x0, y1, x1 = mask_box(whole) or (0, 0, 0, 0)
    cut = y0 == 0 or x0 == 0 or y1 == part.shape[0] or x1 == part.shape[1]
    return part if cut or whole.sum() > min(largest, _TIMES * part.sum()) else whole
