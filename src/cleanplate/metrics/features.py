"""A distance between pictures by what a network sees in them, as LPIPS (Zhang et al. 2018) without learned weights."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
"""C x h x w, of one layer."""
_LEAST = 1e-8


def distance(made: Sequence[Features], truth: Sequence[Features], where: NDArray[np.bool_]) -> float:
    """Mean over the layers of the squared difference of features of unit length, over a region of the picture.

    Args:
        made, truth: one a layer, of any size.
        where: H x W, not empty; a feature counts by how much of its pixels lie in it.
    """
    return float(np.mean([_of_layer(a, b, where) for a, b in zip(made, truth, strict=True)]))


def _of_layer(made: Features, truth: Features, where: NDArray[np.bool_]) -> float:
    apart = np.square(_unit(made) - _unit(truth)).sum(axis=0)
    share = cv2.resize(where.astype(np.float32), apart.shape[::-1], interpolation=cv2.INTER_AREA)
    return float((apart * share).sum() / share.sum())


def _unit(features: Features) -> Features:
    return np.asarray(features / np.sqrt(np.square(features).sum(axis=0) + _LEAST), np.float32)
