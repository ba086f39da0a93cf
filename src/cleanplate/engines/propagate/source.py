"""Pictures to copy from: frames of the plate, and clean plates made earlier for what no frame shows."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.propagate.footage import CAST, LIVE, Footage, halo, survey_size
from cleanplate.engines.propagate.steady import Steady
from cleanplate.masks.track import mask_box
from cleanplate.motion.warp import Box

TRUSTED = 255
"""Full trust."""
_LIVE_TRUST = 0.3
_ROOM = 64


@dataclass(frozen=True)
class Source:
    """A picture and where it may be trusted.

    Attributes:
        frame: whose geometry it has.
        colour: H x W x C layer codes.
        trust: H x W uint8, 0 (hidden) to 255, falling off softly towards what is hidden.
        small: h x w x C float32, the colours on the survey grid.
        made: True for a clean plate that was made, not shot.
    """

    frame: int
    colour: NDArray[Any]
    trust: NDArray[np.uint8]
    small: NDArray[np.float32]
    made: bool = False


def soft_trust(hidden: NDArray[np.bool_], live: NDArray[np.bool_], rim: int) -> NDArray[np.uint8]:
    """Zero within `rim` pixels of what is hidden, full beyond three times that, little on what moves by itself."""
    trust = np.full(hidden.shape, TRUSTED, np.uint8)
    some = mask_box(hidden | live)
    if some is None:
        return trust
    y0, x0, y1, x1 = grown(some, 4 * rim + 1, *hidden.shape)  # beyond it the mean is of full trust alone
    part = np.s_[y0:y1, x0:x1]
    side = 4 * rim + 1
    kept = cv2.dilate(hidden[part].astype(np.uint8), np.ones((side, side), np.uint8)) == 0
    around = np.where(live[part], np.float32(_LIVE_TRUST), np.float32(1)) * kept
    side = 2 * rim + 1
    trust[part] = np.rint(TRUSTED * cv2.blur(around, (side, side)))
    return trust


class Shelf:
    """The last few frames of the plate that served as sources, so that neighbours share one decode."""

    def __init__(self, footage: Footage, steady: Steady, capacity: int) -> None:
        self._footage, self._steady, self._capacity = footage, steady, capacity
        self._kept: OrderedDict[int, tuple[Box, Source]] = OrderedDict()

    def get(self, frame: int, box: Box) -> Source:
        """The frame as a source, with colours at least in `box`.

        They are read with room around it, for what the next frames will ask for: a box that moves is seldom read again.
        """
        kept = self._kept.pop(frame, None)
        if kept is None or not _holds(kept[0], box):
            roomy = grown(box, _ROOM, self._footage.height, self._footage.width)
            wider = roomy if kept is None else _around(kept[0], roomy)
            kept = wider, self._make(frame, wider)
        self._kept[frame] = kept
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return kept[1]

    def _make(self, frame: int, box: Box) -> Source:
        footage = self._footage
        colour, roles = footage.colour(frame, box), footage.roles(frame)
        still = cv2.resize(self._steady.at(frame).view(np.uint8), roles.shape[::-1]) > 0
        trust = soft_trust((roles >= CAST) | ~still, roles == LIVE, halo(footage.height, footage.width) // 2)
        size = survey_size(footage.height, footage.width)
        return Source(frame, colour, trust, shrink(colour, size))


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _around(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def shrink(colour: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    """Colours on a smaller grid of `size` (height, width), float32."""
    small = np.asarray(cv2.resize(colour, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    return small if small.ndim == 3 else small[..., None]
