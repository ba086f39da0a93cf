"""The two things that can happen to a cell of white noise besides moving: it is split, or it is merged.

Both take groups as runs of rows that lie one after the other: `sizes` are the lengths of the runs, none of them zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
"""N x C: noise of N cells in C channels."""
Sizes = NDArray[np.intp]


def split(values: Rows, sizes: Sizes, fresh: Rows) -> Rows:
    """Each of the values as `sizes` copies that are independent of one another, and whose sum tells the value.

    A copy is value/√k + ζ - mean ζ over the copies: their covariance is 1/k + δ - 1/k = δ.

    Args:
        values: one row a group.
        fresh: white noise, one row a copy.
    """
    apart = fresh - np.repeat(_sums(fresh, sizes) / sizes[:, None].astype(np.float32), sizes, axis=0)
    return np.asarray(np.repeat(values / np.sqrt(sizes[:, None], dtype=np.float32), sizes, axis=0) + apart)


def merge(values: Rows, weights: NDArray[np.float32], sizes: Sizes) -> Rows:
    """Each group as one value of unit variance: Σwn / √Σw².

    Args:
        values, weights: one row a member; weights above zero.
    """
    total = _sums(values * weights[:, None], sizes)
    return np.asarray(total / np.sqrt(_sums(weights[:, None] ** 2, sizes)))


def _sums(rows: Rows, sizes: Sizes) -> Rows:
    if len(sizes) == 0:
        return np.zeros((0, rows.shape[1]), rows.dtype)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.asarray(np.add.reduceat(rows, starts, axis=0))
