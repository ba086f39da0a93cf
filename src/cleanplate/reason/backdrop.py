"""What the scene looks like without the objects: a robust picture of each place from the times when it is free."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate
from cleanplate.masks.track import Mask
from cleanplate.motion.warp import warp_homography
from cleanplate.reason.footage import Footage, Picture, neighbours

SEGMENT = 120
"""Frames that share one backdrop."""
_SAMPLES = 25
_MARGIN = 3
"""Pixels around an object that its mask may have missed."""
_DARK, _FEW = 24, 64
"""Level under which a ratio says nothing about exposure, and the fewest samples that say something."""
_SAME_EXPOSURE = 0.01
_ENOUGH = 3
"""Free views of a place that make a median."""
NOISE_FLOOR = 10.0
"""Smallest difference, in 8-bit levels, that is taken for a change."""


@dataclass(frozen=True)
class Backdrop:
    """The median of one segment, on the grid of its anchor picture.

    Attributes:
        anchor: position of the anchor picture.
        rgb: h x w x 3 uint8.
        known: h x w: where enough free views were seen.
        noise: difference from the median beyond which a sample has changed, in levels.
    """

    anchor: int
    rgb: Picture
    known: Mask
    noise: float

    def seen_from(self, footage: Footage, at: int) -> tuple[Picture, Mask]:
        """The backdrop and where it is known, on the grid and with the exposure of picture `at`."""
        matrix = footage.between(at, self.anchor)
        inside = warp_homography(self.known.astype(np.uint8), matrix, footage.shape, kernel=cv2.INTER_NEAREST)
        known = (inside > 0) & _covered(matrix, footage.shape)
        return exposed_like(warp_homography(self.rgb, matrix, footage.shape), footage.rgb[at], known), known


def backdrops(footage: Footage) -> list[Backdrop]:
    """One backdrop per `SEGMENT` frames."""
    starts = range(0, len(footage), SEGMENT)
    return [_backdrop(footage, min(start + SEGMENT // 2, (start + len(footage)) // 2)) for start in starts]


def backdrop_for(all_of_them: list[Backdrop], at: int) -> Backdrop:
    """The backdrop that covers a position."""
    return all_of_them[min(at // SEGMENT, len(all_of_them) - 1)]


def exposed_like(behind: Picture, now: Picture, known: Mask) -> Picture:
    """The backdrop with the exposure of a picture: one gain per channel, the median ratio over what is known."""
    some = np.s_[::4, ::4]
    lit = known[some] & (behind[some].min(axis=2) > _DARK)
    if lit.sum() < _FEW:
        return behind
    gain = np.median(now[some][lit].astype(np.float32) / behind[some][lit], axis=0)
    if np.abs(gain - 1).max() < _SAME_EXPOSURE:
        return behind
    exposed: Picture = np.clip(np.rint(behind * gain), 0, 255).astype(np.uint8)
    return exposed


def difference(picture: Picture, behind: Picture) -> NDArray[np.float32]:
    """h x w: how far a picture leaves the range of the backdrop's 3 x 3 neighbourhood, largest over the channels.

    The neighbourhood forgives what the steadying misses by a pixel.
    """
    low, high = cv2.erode(behind, np.ones((3, 3))), cv2.dilate(behind, np.ones((3, 3)))
    now = picture.astype(np.int16)
    red, green, blue = cv2.split(np.maximum(now - high, low - now))
    outside: NDArray[np.float32] = np.maximum(np.maximum(red, green), blue).astype(np.float32)
    return np.asarray(cv2.blur(np.maximum(outside, 0), (3, 3)))


def _backdrop(footage: Footage, anchor: int) -> Backdrop:
    views: list[Picture] = []
    free: list[Mask] = []
    for at in neighbours(len(footage), anchor, SEGMENT, _SAMPLES):
        matrix = footage.between(anchor, at)
        blocked = dilate(footage.object(at), _MARGIN).astype(np.uint8)
        view = warp_homography(footage.rgb[at], matrix, footage.shape)
        views.append(exposed_like(view, footage.rgb[anchor], _covered(matrix, footage.shape)))
        unblocked = warp_homography(blocked, matrix, footage.shape, kernel=cv2.INTER_NEAREST) == 0
        free.append(unblocked & _covered(matrix, footage.shape))
    stacked, seen = np.stack(views), np.stack(free)
    rgb, known = _median(stacked, seen)
    return Backdrop(anchor, rgb, known, _noise(stacked, seen, rgb))


def _median(views: NDArray[np.uint8], free: Mask) -> tuple[Picture, Mask]:
    """Per-channel median over the free views (lower one of two), and where there are enough of them."""
    count = free.sum(axis=0)
    blocked_last = np.where(free[..., None], views.astype(np.int16), 256)
    blocked_last.sort(axis=0)
    middle = np.maximum((count - 1) // 2, 0)[None, ..., None]
    chosen = np.take_along_axis(blocked_last, np.broadcast_to(middle, (1, *views.shape[1:])), axis=0)[0]
    known: Mask = count >= min(_ENOUGH, len(views))
    return np.where(known[..., None], np.minimum(chosen, 255), 0).astype(np.uint8), known


def _noise(views: NDArray[np.uint8], free: Mask, median: Picture) -> float:
    """Five robust standard deviations (from the median absolute deviation) of what differs from the median."""
    some = np.s_[:, ::4, ::4]
    away = np.abs(views[some].astype(np.int16) - median[::4, ::4])[free[some]]
    return max(NOISE_FLOOR, 5 * 1.4826 * float(np.median(away))) if away.size else NOISE_FLOOR


def _covered(matrix: NDArray[np.float64], shape: tuple[int, int]) -> Mask:
    """Where a picture sampled through `matrix` has content of its own rather than its edge, repeated."""
    ones = np.ones(shape, dtype=np.uint8)
    covered: Mask = cv2.warpPerspective(ones, matrix, shape[::-1], flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP) > 0
    return covered
