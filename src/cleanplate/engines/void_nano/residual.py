"""The colours that the model adds, at the plate's resolution.

What was put together at the plate's size, brought down to the model's grid, should be the picture that the model says.
What is missing is added, smoothly (one step of iterative back-projection, Irani and Peleg, 1991): shadows, and sides of
things that the plate does not show. What the grid itself does to edges is in both, and so in neither.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void_nano.course import Moment
from cleanplate.motion.warp import flow_warp

Real = NDArray[np.float32]
_LITTLE = 0.01
"""Of the range: what differs by less is not worth a touch."""


def said(plate: Real, clean: Real, moment: Moment) -> Real:
    """The model's picture on its grid, rows x columns x 3 R'G'B': see `models.moving.compose`."""
    moved = flow_warp(plate, moment.shift)
    return np.asarray(clean + moment.seen[..., None] * (moved - clean) + moment.residual, np.float32)


def missing(wanted: Real, shown: Real, keeps: NDArray[np.bool_]) -> Real:
    """What is to be added to what is shown; nothing where the model was told to keep, and no trifles.

    Args:
        wanted, shown: rows x columns x 3.
        keeps: rows x columns.
    """
    apart = wanted - shown
    more = np.sign(apart) * np.maximum(np.abs(apart) - _LITTLE, 0)
    return np.where(keeps[..., None], 0, more).astype(np.float32)
