"""What begins to move in the affected region, where no track says which things there are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.window import Rgb
from cleanplate.motion.camera import estimate_homography
from cleanplate.motion.flow import DisFlow, FlowField, Gray
from cleanplate.motion.warp import Homography, pixel_grid, send_grid

_FASTER = 0.7
"""Pixels a frame by which something moves that is not the camera's motion."""
_LEAST = 0.002, 60
"""Share of the picture, and pixels, that a thing has at least."""
_KNOWN = 0.3
"""Share of it under things that are followed already, from which it is one of them."""
_NEAR = 9
"""Pixels across by which those are widened for that: flow reaches over a thing's rim."""


def moving(
    before: Rgb, after: Rgb, affected: NDArray[np.bool_], covered: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], ...]:
    """Masks (H x W bool) of what moves by itself on the frame `before`, the largest first.

    Args:
        before, after: two pictures in a row, H x W x 3 uint8.
        affected: where to look, H x W bool.
        covered: where things are on `before` that are followed already, H x W bool.
    """
    if not affected.any():
        return ()
    here, there = (np.asarray(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), np.uint8) for one in (before, after))
    camera = estimate_homography(here, there, usable_a=~affected, usable_b=~affected).matrix
    away = np.linalg.norm(_own(here, there, camera), axis=2)
    free = cv2.morphologyEx(((away > _FASTER) & affected).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, pieces = cv2.connectedComponents(free)
    known = cv2.dilate(covered.astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)).astype(bool)
    share, pixels = _LEAST
    masks = (pieces == piece for piece in range(1, count))
    new = [mask for mask in masks if mask.sum() >= max(pixels, share * mask.size) and known[mask].mean() < _KNOWN]
    return tuple(sorted(new, key=lambda mask: -int(mask.sum())))


def _own(here: Gray, there: Gray, camera: Homography) -> FlowField:
    """Flow less what the camera's motion explains: H x W x 2."""
    places = pixel_grid((0, 0, *here.shape))
    return np.asarray(DisFlow()(here, there) - (send_grid(camera, places) - places), np.float32)
