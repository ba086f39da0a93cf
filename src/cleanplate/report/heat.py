"""What changed where: over the frames that the page shows, how often and how much each pixel changed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.report.sheet import Picture, Weight

_DIM = 0.42
_COVER = (0.35, 0.82)


@dataclass(frozen=True)
class HeatMap:
    """One map over a still of the plate.

    Attributes:
        picture: H x W x 3 R'G'B', to be shown.
        peak: the value of the hottest colour.
    """

    picture: Picture
    peak: float


class Heat:
    """Adds up change frame by frame on the sheet's coded grid."""

    def __init__(self, height: int, width: int) -> None:
        self._often = np.zeros((height, width), dtype=np.float64)
        self._much = np.zeros((height, width), dtype=np.float64)
        self._active = np.zeros((height, width), dtype=np.float64)
        self._frames = 0

    def add(self, touched: Weight | None, change: NDArray[np.uint8]) -> None:
        """Count one frame: `touched` is 1 where the matte is not 0 (None where it is 0 everywhere)."""
        self._frames += 1
        covered = np.zeros(change.shape, dtype=np.bool_) if touched is None else touched > 0
        self._often += covered
        self._active += covered | (change > 0)
        self._much += change

    @property
    def often(self) -> NDArray[np.float64]:
        """H x W, 0..1: the share of frames on which a pixel was touched."""
        return self._often / max(1, self._frames)

    @property
    def much(self) -> NDArray[np.float64]:
        """H x W, 0..255: the mean change of a pixel over the frames that touch or change it.

        Those that change it untouched count too: to leave them out would hide a leak.
        """
        return self._much / np.maximum(self._active, 1)


def draw_heat(values: NDArray[np.float64], still: Picture, peak: float | None = None) -> HeatMap:
    """Values from 0 to `peak` (their own largest without one) in warm colours over a dimmed, grey still."""
    top = float(values.max()) if peak is None else peak
    grey = cv2.cvtColor(still, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None] * _DIM
    if top <= 0:
        return HeatMap(np.repeat(np.rint(grey), 3, axis=2).astype(np.uint8), 0.0)
    share = np.clip(values / top, 0.0, 1.0)
    colour = scale_colours()[np.rint(share * 255).astype(np.uint8)].astype(np.float32)
    cover = np.where(share > 0, np.clip(3.0 * share, *_COVER), 0.0)[..., None]
    picture = np.clip(np.rint(grey * (1 - cover) + colour * cover), 0, 255).astype(np.uint8)
    return HeatMap(picture, top)


def scale_colours() -> Picture:
    """256 x 3: the scale from little to much; its black end is left out so that little still shows."""
    ramp = np.linspace(64, 250, 256).round().astype(np.uint8)
    bgr = cv2.applyColorMap(ramp[:, None], cv2.COLORMAP_INFERNO)
    table: Picture = np.ascontiguousarray(bgr[:, 0, ::-1])
    return table
