"""Whether what was drawn and a picture of the plate show the same, as far as the codec lets one tell.

How far what was drawn may depart from the plate without any reason but the codec is measured where nothing changes, for
flat and for textured places, on a fine and on a broad scale: the fine one finds edges, the broad one faint shadows.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.between import largest

Real = NDArray[np.float32]

_SCALES = (1.0, 4.0)
"""Standard deviations, pixels of the model's grid, over which differences are averaged."""
_BINS = 6
_COMMON, _TIMES = 0.9, 1.6
"""So many times what this share of the pixels does not exceed is taken for the codec's doing."""
_FLOOR = 1.5 / 255
_FEWEST, _MOST = 200, 20_000
"""Pixels that stay, to measure on."""
_LEAST = 0.05
"""Share of a pixel's surroundings that is averaged over at least."""
_RIM = 2
"""Pixels around a change that go with it: the codec's own blur, and soft edges."""


@dataclass(frozen=True)
class Yardstick:
    """What the codec explains: for each scale and some textures (rising), the difference that it may make.

    Attributes:
        textures: B.
        bounds: scales x B.
    """

    textures: NDArray[np.float32]
    bounds: NDArray[np.float32]

    @classmethod
    def of(cls, drawn: Real, plate: Real, stays: NDArray[np.bool_]) -> Yardstick | None:
        """Measured where the plate stays (H x W bool); None where too little does.

        Args:
            drawn, plate: H x W x 3 R'G'B' on the model's grid.
        """
        if np.count_nonzero(stays) < _FEWEST:
            return None
        every = max(1, np.count_nonzero(stays) // _MOST)
        texture = _texture(drawn)[stays][::every]
        edges = np.quantile(texture, np.linspace(0, 1, _BINS + 1))
        bins = np.clip(np.searchsorted(edges, texture, side="right") - 1, 0, _BINS - 1)
        full = [number for number in range(_BINS) if np.any(bins == number)]
        everywhere = np.ones(stays.shape, np.bool_)
        differences = [_difference(drawn, plate, scale, everywhere)[stays][::every] for scale in _SCALES]
        common = [[np.quantile(one[bins == number], _COMMON) for number in full] for one in differences]
        bounds = np.maximum.accumulate(np.maximum(_TIMES * np.array(common), _FLOOR), axis=1)
        middles = [np.median(texture[bins == number]) for number in full]
        return cls(np.asarray(middles, np.float32), np.asarray(bounds, np.float32))

    def departure(self, drawn: Real, other: Real) -> Real:
        """H x W, 0 where the codec explains all difference, 1 where it surely does not."""
        texture, beyond = _texture(drawn), np.zeros(drawn.shape[:2], np.float32)
        for scale, bound in zip(_SCALES, self.bounds, strict=True):
            allowed = np.interp(texture, self.textures, bound)
            difference = _difference(drawn, other, scale, beyond == 0)
            beyond = np.maximum(beyond, np.clip(difference / allowed - 1, 0, 1).astype(np.float32))
        return _spread(beyond)


def _difference(a: Real, b: Real, scale: float, among: NDArray[np.bool_]) -> Real:
    """H x W: of the channel that differs most, averaged with its sign over what is around and among those pixels.

    So a strong change, found on a finer scale, does not reach further on a broader one.
    """
    weight = among.astype(np.float32)
    mean = cv2.GaussianBlur((a - b) * weight[..., None], (0, 0), scale)
    whole = np.maximum(cv2.GaussianBlur(weight, (0, 0), scale), _LEAST)
    return np.asarray(largest(mean) / whole, np.float32)


def _texture(picture: Real) -> Real:
    """H x W: slopes around a pixel."""
    luma = (picture[..., 0] + picture[..., 1] + picture[..., 2]) / np.float32(3)
    slope = np.hypot(cv2.Sobel(luma, -1, 1, 0, scale=1 / 8), cv2.Sobel(luma, -1, 0, 1, scale=1 / 8))
    return np.asarray(cv2.blur(slope, (5, 5)), np.float32)


def _spread(beyond: Real) -> Real:
    """Without what nowhere gets sure, and with a soft rim."""
    _, pieces = cv2.connectedComponents((beyond > 0).astype(np.uint8), connectivity=8)
    sure = np.zeros(int(pieces.max()) + 1, np.bool_)
    sure[pieces[beyond >= 1]] = True
    kept = np.where(sure[pieces], beyond, 0).astype(np.float32)
    wide = cv2.dilate(kept, np.ones((2 * _RIM + 1,) * 2, np.uint8))
    return np.asarray(cv2.blur(wide, (3, 3)), np.float32)
