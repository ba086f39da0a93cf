"""The clip as an answer is laid on it: small pictures, the scene's free view, and cells as regions of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate
from cleanplate.masks.grid import fill_cells
from cleanplate.masks.reasoning import Cell, Grid, PathPoint
from cleanplate.masks.sweep import point_at
from cleanplate.masks.track import Mask
from cleanplate.motion.warp import send
from cleanplate.reason.backdrop import Backdrop
from cleanplate.reason.blobs import changed_at
from cleanplate.reason.footage import Footage, small_size


@dataclass(frozen=True)
class View:
    """Small pictures of the frames that an answer speaks of.

    Attributes:
        backs: the scene without what moves, as far as it was seen free.
        rate: frames a second.
    """

    footage: Footage
    backs: list[Backdrop]
    grid: Grid
    rate: float

    def position(self, frame: int) -> int | None:
        """The position of a presented frame; None when it is not looked at."""
        return frame - self.footage.frames.start if frame in self.footage.frames else None

    def region(self, cells: Iterable[Cell]) -> Mask:
        """h x w: whole cells of the coded grid on a small upright picture."""
        filled = fill_cells(cells, self.grid, *small_size(*self.footage.size))
        return np.ascontiguousarray(np.rot90(filled, self.footage.turns))

    @property
    def cell(self) -> float:
        """Side of a cell in small pixels."""
        return sum(self.footage.shape) / (self.grid.rows + self.grid.columns)

    def around(self, region: Mask) -> Mask:
        """A region and half a cell around it: cells name where a thing is, not how far exactly it reaches."""
        return dilate(region, 0.5 * self.cell)

    def small(self, mask: Mask) -> Mask:
        """A mask of the coded grid on a small upright picture."""
        share = cv2.resize(mask.astype(np.float32), small_size(*self.footage.size)[::-1], interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(np.rot90(share >= 0.5, self.footage.turns))

    def differing(self, at: int) -> Mask:
        """h x w: what differs from the scene's free view on a picture, outside the objects."""
        return changed_at(self.footage, self.backs, at)

    def steadied(self, at: int, y: float, x: float) -> NDArray[np.float64]:
        """A point of a picture as (x, y) in the steadied coordinates of the first one."""
        return np.asarray(send(self.footage.between(at, 0), np.array([[x, y]]))[0], np.float64)

    def point(self, frame: int, steadied: NDArray[np.float64]) -> PathPoint:
        """A steadied (x, y) as a point of a path on a frame; beyond the last picture that one's camera holds."""
        at = min(max(frame - self.footage.frames.start, 0), len(self.footage) - 1)
        x, y = send(self.footage.between(0, at), steadied[None])[0]
        return point_at(frame, *self.footage.coded_point(float(y), float(x)), self.grid, self.footage.size)

    def down(self, gravity: tuple[float, float]) -> NDArray[np.float64]:
        """The document's direction of gravity, as (x, y) in the small upright pictures, of unit length."""
        origin, below, beside = (self.footage.coded_point(*p) for p in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
        along = [np.array([p[1] - origin[1], p[0] - origin[0]]) for p in (beside, below)]
        turned = np.array([axis @ np.asarray(gravity) / np.linalg.norm(axis) for axis in along])
        return np.asarray(turned / np.linalg.norm(turned))
