"""How a clip is shown to a model: small, upright, square pixels; and from there back to the coded grid."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.grid import cell_edges
from cleanplate.masks.reasoning import Cell, Grid, SizeInCells
from cleanplate.masks.track import Mask
from cleanplate.media.colour import picture
from cleanplate.media.frame import Frame
from cleanplate.media.probe import ClipInfo

Picture = NDArray[np.uint8]
"""h x w x 3, R'G'B'."""


@dataclass(frozen=True)
class View:
    """The frame as it is shown.

    Attributes:
        info: of the clip.
        small: (height, width) of the reduced picture before it is turned.
        turns: counterclockwise quarter turns that make it upright.
        coded: the grid of the coded frame.
    """

    info: ClipInfo
    small: tuple[int, int]
    turns: int
    coded: Grid

    @classmethod
    def of(cls, info: ClipInfo, side: int) -> View:
        """The view whose longer side is `side` pixels, or fewer where the clip has fewer."""
        height, width = float(info.height), info.width * float(info.sample_aspect)
        scale = min(1.0, side / max(height, width))
        small = (max(1, round(height * scale)), max(1, round(width * scale)))
        return cls(info, small, -info.rotation // 90 % 4, Grid.of(info.height, info.width))

    @property
    def grid(self) -> Grid:
        """The grid as shown: rows and columns of the upright picture."""
        rows, columns = np.rot90(np.empty((self.coded.rows, self.coded.columns)), self.turns).shape
        return Grid(rows=rows, columns=columns)

    def picture(self, frame: Frame) -> Picture:
        """h x w x 3, small and upright."""
        return np.ascontiguousarray(np.rot90(picture(frame, self.info, size=self.small), self.turns))

    def mask(self, mask: Mask) -> Mask:
        """A coded mask, small and upright; a small pixel belongs where any of it does."""
        share = cv2.resize(mask.astype(np.float32), self.small[::-1], interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(np.rot90(share > 0, self.turns))

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pixels of the shown picture at which rows and columns of the grid begin and end."""
        height, width = np.rot90(np.empty(self.small, dtype=np.bool_), self.turns).shape
        return cell_edges(height, self.grid.rows), cell_edges(width, self.grid.columns)

    def cell(self, shown: Cell) -> Cell:
        """The coded cell of a shown one."""
        numbers = np.arange(self.coded.rows * self.coded.columns).reshape(self.coded.rows, self.coded.columns)
        row, column = divmod(int(np.rot90(numbers, self.turns)[shown]), self.coded.columns)
        return row, column

    def size(self, shown: SizeInCells) -> SizeInCells:
        """(rows, columns) on the coded grid."""
        return (shown[1], shown[0]) if self.turns % 2 else shown

    def direction(self, x: float, y: float) -> tuple[float, float]:
        """A shown direction (x to the right, y down) on the coded grid."""
        for _ in range(self.turns):
            x, y = -y, x
        return x + 0.0, y + 0.0
