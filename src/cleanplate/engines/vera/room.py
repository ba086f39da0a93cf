"""Where things that are added have room: what may change, upright, on the grid that is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.models.closeup import FILLS, Aim
from cleanplate.models.placing.way import BOXES, Numbers

_POINTS = 8
"""Along a thing's sides: where it is looked whether it may be there."""


@dataclass(frozen=True)
class Room:
    """What may change over an edit.

    Attributes:
        times_T: when that is looked at, from -1 at the edit's first frame to 1 at its last.
        planes_THW: bool, somewhere True.
    """

    times_T: NDArray[np.float64]
    planes_THW: NDArray[np.bool_]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.planes_THW.shape[1], self.planes_THW.shape[2]

    @property
    def boxes(self) -> Numbers:
        """Round it at the first time, in the middle and at the last, 3 x 4 as `way.held_in` takes them; where nothing
        may change then, round all of it."""
        near = [int(np.abs(self.times_T - time).argmin()) for time in np.linspace(-1, 1, BOXES)]
        ever = np.asarray(self.planes_THW.any(axis=0))
        return np.array([_box(plane if plane.any() else ever) for plane in self.planes_THW[near]])

    def shown(self, aim: Aim) -> float:
        """The part of a thing that lies where it may be, 0..1, over all times.

        Args:
            aim: of its window at these times, in pixels of the planes.
        """
        rows, columns = self.size
        inside = ((np.arange(_POINTS) + 0.5) / _POINTS - 0.5) * FILLS * aim.sides_T[:, None]
        x_TP, y_TP = (np.floor(aim.middles_T2[:, axis, None] + inside).astype(np.int64) for axis in (0, 1))
        seen_TPP = ((y_TP >= 0) & (y_TP < rows))[:, :, None] & ((x_TP >= 0) & (x_TP < columns))[:, None]
        y_TP1, x_T1P = y_TP.clip(0, rows - 1)[:, :, None], x_TP.clip(0, columns - 1)[:, None]
        times_T11 = np.arange(len(self.times_T))[:, None, None]
        return float((seen_TPP & self.planes_THW[times_T11, y_TP1, x_T1P]).mean())


def _box(plane_HW: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 in parts of the sides."""
    (rows, columns), (y, x) = plane_HW.shape, np.nonzero(plane_HW)
    return x.min() / columns, y.min() / rows, (x.max() + 1) / columns, (y.max() + 1) / rows
