"""From the working grid to the plate's: the outline is settled again on a finer picture, near where it was."""

from __future__ import annotations

import cv2
import numpy as np

from cleanplate.masks.track import Mask
from cleanplate.select.classic_colour import Look, Picture, local_ratio
from cleanplate.select.classic_cut import edge_weights, minimum_cut
from cleanplate.select.geometry import signed_distance, window_around

_BAND = 1.5
"""How far the outline may move, in pixels of the working grid."""
_STRENGTH = 2.0


def refine(mask: Mask, picture: Picture, height: int, width: int) -> Mask:
    """The mask on a height x width grid.

    Args:
        mask: on the working grid.
        picture: the frame, at any size between the working grid's and the plate's.
    """
    if not mask.any():
        return np.zeros((height, width), dtype=np.bool_)
    fine_height, fine_width = picture.shape[:2]
    scale = fine_width / mask.shape[1]
    coarse = np.clip(signed_distance(mask) / (2 * _BAND) + 0.5, 0, 1)
    share = cv2.resize(coarse, (fine_width, fine_height), interpolation=cv2.INTER_LINEAR)
    window = window_around(np.asarray(share > 0), 4 * _BAND * scale)
    if window is not None and scale > 1:
        share[window] = _settle(share[window], picture[window], scale)
    full = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full > 0.5)


def _settle(
    share: np.ndarray[tuple[int, int], np.dtype[np.float32]], picture: Picture, scale: float
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    look = Look.of(picture)
    odds = local_ratio(look.lab, look.lab, (share > 0.5).astype(np.float32), 4 * scale) + 4 * (share - 0.5)
    odds = np.where(share <= 0, -20, np.where(share >= 1, 20, odds)).astype(np.float32)
    return minimum_cut(odds, edge_weights(look.lab, _STRENGTH))
