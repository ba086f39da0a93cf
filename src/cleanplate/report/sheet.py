"""Every view of a frame on one sheet, so that one proxy video keeps all views in step.

    +-----------+-----------+
    |  before   |   after   |
    +-----------+-----+-----+
    |           | mat | qua |      before, after and layer at the proxy's full size,
    |  layer    +-----+-----+      matte, quadmask and difference at half of it
    |           | dif | mak |     and in the makers' colours who made which region of the quadmask
    +-----------+-----+-----+
    | before,   | after,    |      only of plates much larger than the proxy
    | close up  | close up  |
    +-----------+-----------+

Every picture has a margin that repeats its edge and fills whole pairs of macroblocks, so that neither the codec nor the
browser's scaling bleeds one view into another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""H x W x 3, R'G'B' 0..255."""
Weight = NDArray[np.float32]
"""H x W, 0..1."""

LONG_SIDE = 1280
_MUCH_LARGER = 1.3
DIFFERENCE_GAIN = 8
_CELL = 32
_EXACT = frozenset({"quadmask", "makers"})
_MARGIN = 8
_CHECK = 16
_CHECKER_LEVELS = (88, 120)

LABEL_COLOURS: Mapping[int, tuple[int, int, int]] = {
    0: (229, 72, 77),
    63: (176, 124, 240),
    127: (240, 180, 41),
    255: (0, 0, 0),
}
"""How the quadmask's labels (masks.labels) are drawn; keep is black so that it vanishes when laid over a picture."""
REGION_COLOUR = (63, 167, 160)


@dataclass(frozen=True)
class Sheet:
    """Sizes of one sheet.

    Attributes:
        coded: (height, width) of a picture on the plate's coded grid, with square samples.
        rotation: clockwise degrees that bring it upright.
        close: the sheet has close-ups.
    """

    coded: tuple[int, int]
    rotation: int = 0
    close: bool = False

    @classmethod
    def of(
        cls, height: int, width: int, sample_aspect: Fraction = Fraction(1), rotation: int = 0, *, zooms: bool = False
    ) -> Sheet:
        """The sheet for a plate: never larger than the plate, at most `LONG_SIDE` on the longer side.

        `zooms` asks for close-ups, which it gets when they show more than the proxy does.
        """
        wide = width * float(sample_aspect)
        scale = min(1.0, LONG_SIDE / max(wide, height))
        coded = max(1, round(height * scale)), max(1, round(wide * scale))
        return cls(coded, rotation, close=zooms and scale * _MUCH_LARGER < 1)

    @property
    def picture(self) -> tuple[int, int]:
        """(height, width) of a picture as displayed."""
        height, width = self.coded
        return (width, height) if self.rotation % 180 else (height, width)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the whole sheet."""
        height, width = self._cell
        return (3 if self.close else 2) * height, 2 * width

    @property
    def boxes(self) -> dict[str, tuple[int, int, int, int]]:
        """(x, y, width, height) of each view's picture."""
        (height, width), (half_y, half_x), (cell_y, cell_x) = self.picture, self.half, self._cell
        cells = {"before": (0, 0), "after": (cell_x, 0), "layer": (0, cell_y)}
        if self.close:
            cells |= {"before_close": (0, 2 * cell_y), "after_close": (cell_x, 2 * cell_y)}
        small = {"matte": (0, 0), "quadmask": (cell_x // 2, 0), "difference": (0, cell_y // 2)}
        small["makers"] = cell_x // 2, cell_y // 2
        boxes = {name: (x + _MARGIN, y + _MARGIN, width, height) for name, (x, y) in cells.items()}
        for name, (x, y) in small.items():
            boxes[name] = (cell_x + x + _MARGIN // 2, cell_y + y + _MARGIN // 2, half_x, half_y)
        return boxes

    @property
    def half(self) -> tuple[int, int]:
        """(height, width) of the smaller views."""
        height, width = self.picture
        return -(-height // 2), -(-width // 2)

    @property
    def coded_half(self) -> tuple[int, int]:
        """`half` on the coded grid."""
        height, width = self.coded
        return -(-height // 2), -(-width // 2)

    @property
    def _cell(self) -> tuple[int, int]:
        height, width = self.picture
        return tuple(-(-(side + 2 * _MARGIN) // _CELL) * _CELL for side in (height, width))  # type: ignore[return-value]

    def upright(self, image: NDArray[Any]) -> NDArray[Any]:
        """An image of the coded grid as it is displayed."""
        return np.rot90(image, -(self.rotation // 90))

    def draw(self, views: Mapping[str, NDArray[np.uint8]]) -> Picture:
        """The sheet with the given views, each on the coded grid, H x W x 3 or H x W."""
        sheet = np.zeros((*self.size, 3), dtype=np.uint8)
        big_y, big_x = self._cell
        for name, (x, y, width, height) in self.boxes.items():
            if name not in views:
                continue
            image = _sized(np.ascontiguousarray(self.upright(views[name])), (height, width), exact=name in _EXACT)
            share = 1 if (height, width) == self.picture else 2
            edge = _MARGIN // share
            far_y, far_x = big_y // share - height - edge, big_x // share - width - edge
            filled = np.pad(image, ((edge, far_y), (edge, far_x), (0, 0)), mode="edge")
            sheet[y - edge : y + height + far_y, x - edge : x + width + far_x] = filled
        return sheet


def on_checker(premultiplied: Weight, alpha: Weight) -> Picture:
    """A layer (H x W x 3, R'G'B' 0..1 times alpha) over a grey checkerboard."""
    board = checkerboard(*alpha.shape)[..., None] * (1.0 - alpha[..., None])
    over: Picture = np.clip(np.rint(premultiplied * 255.0 + board), 0, 255).astype(np.uint8)
    return over


@lru_cache(maxsize=2)
def checkerboard(height: int, width: int) -> NDArray[np.float32]:
    """H x W levels 0..255; one array for all frames, not to be written to."""
    y, x = np.ogrid[:height, :width]
    board: NDArray[np.float32] = np.asarray(_CHECKER_LEVELS, dtype=np.float32)[(y // _CHECK + x // _CHECK) % 2]
    return board


def difference(before: Picture, after: Picture) -> NDArray[np.uint8]:
    """H x W: the largest change of the three components, in 8-bit codes."""
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    change: NDArray[np.uint8] = cv2.max(cv2.max(red, green), blue)
    return change


def amplified(change: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A difference made visible: times `DIFFERENCE_GAIN`, clipped."""
    bright: NDArray[np.uint8] = cv2.convertScaleAbs(change, alpha=DIFFERENCE_GAIN)
    return bright


def label_picture(labels: NDArray[np.uint8]) -> Picture:
    """A quadmask in the legend's colours."""
    table = np.zeros((256, 3), dtype=np.uint8)
    for label, colour in LABEL_COLOURS.items():
        table[label] = colour
    return table[labels]


def region_picture(allowed: NDArray[np.bool_]) -> Picture:
    """A permitted region in the legend's colour."""
    return np.asarray(REGION_COLOUR, dtype=np.uint8) * allowed[..., None].astype(np.uint8)


def _sized(image: NDArray[np.uint8], size: tuple[int, int], *, exact: bool) -> Picture:
    """H x W x 3 at (height, width); `exact` keeps levels as they are."""
    if image.shape[:2] != size:
        image = cv2.resize(image, size[::-1], interpolation=cv2.INTER_NEAREST if exact else cv2.INTER_AREA)
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
