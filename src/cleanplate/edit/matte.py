"""Care for a matte before it is used: cleaning, feathering, whole chroma footprints, refinement along edges.

Mattes are H x W uint16 codes, 0..`ALPHA_PEAK`; every function returns a new one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.masks.track import Mask
from cleanplate.media.frame import Family, PixelFormat, Siting
from cleanplate.media.siting import footprint_any, is_cosited, spread

Matte = NDArray[np.uint16]

NOTHING_BELOW, ALL_ABOVE = 4 / 255, 251 / 255
SPECK = 16
"""Pixels that a connected piece of matte must have."""
_ROUNDS, _STEEPNESS = 2, 1.5


def to_codes(alpha: NDArray[np.floating]) -> Matte:
    """Codes of alpha 0..1. Raises ValueError when it is not finite."""
    if not np.isfinite(alpha).all():
        raise ValueError("alpha is not finite")
    codes: Matte = np.rint(np.clip(alpha, 0, 1) * ALPHA_PEAK).astype(np.uint16)
    return codes


def clean_alpha(alpha: Matte) -> Matte:
    """Generated alpha made fit for use: under 4/255 becomes 0, over 251/255 becomes 1, specks under 16 pixels go."""
    clean = alpha.copy()
    clean[alpha < round(NOTHING_BELOW * ALPHA_PEAK)] = 0
    clean[alpha > round(ALL_ABOVE * ALPHA_PEAK)] = ALPHA_PEAK
    _, pieces, stats, _ = cv2.connectedComponentsWithStats((clean > 0).astype(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < SPECK
    small[0] = False  # the background
    if small.any():
        clean[small[pieces]] = 0
    return clean


def feather_inside(alpha: Matte, region: Mask, radius: float) -> Matte:
    """Ramp the matte down towards the edge of the region, over `radius` pixels inside it and none outside.

    The ramp rises with the distance to the nearest pixel that may not change; the frame's own border is no such edge.
    """
    inside = np.where(region, alpha, 0)
    if radius <= 0 or region.all():
        return inside.astype(np.uint16)
    distance = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ramp = np.clip(distance / np.float32(radius + 1), 0, 1)
    feathered: Matte = np.rint(inside * ramp).astype(np.uint16)
    return feathered


def chroma_safe(alpha: Matte, fmt: PixelFormat, siting: Siting) -> Matte:
    """Shrink the matte until no display spreads changed chroma beyond where the matte was.

    A chroma sample may change when every luma pixel that it is made from, and every one that a linear upsampler gives
    it to, lies under the matte; alpha stays only on pixels of which all chroma samples may change.
    """
    if fmt.family is not Family.YUV or not (fmt.sub_x or fmt.sub_y):
        return alpha.copy()
    outside = (alpha == 0).astype(np.uint8)
    across, down = is_cosited(siting)
    # A triangle's footprint is also its upsampler's; a box's is half a chroma sample narrower on each side.
    reach_x = 0 if across else (1 << fmt.sub_x) // 2
    reach_y = 0 if down else (1 << fmt.sub_y) // 2
    kernel = np.ones((2 * reach_y + 1, 2 * reach_x + 1), np.uint8)
    held = footprint_any(cv2.dilate(outside, kernel, borderValue=0) > 0, fmt, siting)
    return np.where(spread(held, fmt, siting, *alpha.shape), 0, alpha).astype(np.uint16)


def refine_matte(
    alpha: Matte, luma: NDArray[np.uint8], region: Mask, *, radius: int = 6, softness: float = 0.02
) -> Matte:
    """Let the matte's edge follow the picture's, by a guided filter (He, Sun and Tang, 2010), and clean it.

    One pass leaves a veil where the old edge was; two passes, each followed by a slight rise of contrast, take it away.

    Args:
        luma: H x W, the plate.
        region: the result is 0 outside.
        radius: of the window in pixels.
        softness: contrasts of luma (0..1) below this are no edges.
    """
    guide = luma.astype(np.float32) / np.float32(255)
    matte: NDArray[np.floating] = alpha.astype(np.float32) / np.float32(ALPHA_PEAK)

    def mean(samples: NDArray[np.floating]) -> NDArray[np.floating]:
        averaged: NDArray[np.floating] = cv2.blur(samples, (2 * radius + 1, 2 * radius + 1))
        return averaged

    mean_guide = mean(guide)
    spread_guide = mean(guide * guide) - mean_guide**2 + softness**2
    for _ in range(_ROUNDS):
        mean_matte = mean(matte)
        slope = (mean(guide * matte) - mean_guide * mean_matte) / spread_guide
        offset = mean_matte - slope * mean_guide
        matte = np.clip((mean(slope) * guide + mean(offset) - 0.5) * _STEEPNESS + 0.5, 0, 1)
    return clean_alpha(to_codes(np.where(region, matte, 0)))
