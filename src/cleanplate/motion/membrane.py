"""Completing a field smoothly where it is not known: the membrane that its known values span."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_CROSS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def complete(field: NDArray[np.float32], known: NDArray[Any], *, relaxations: int = 12) -> NDArray[np.float32]:
    """Fill the unknown part of a field with an approximately harmonic function of the known part.

    A coarse-to-fine solution of Laplace's equation with the known values as boundary: pull values up a pyramid, push
    them back, relax the unknown ones at every level. Linear in the number of pixels.

    Args:
        field: H x W or H x W x C float32; values at unknown places are ignored.
        known: H x W, bool or weights 0..1. Where nothing at all is known the answer is zero.
    """
    weight = np.asarray(known, np.float32)
    values = np.where(_like(weight > 0, field), field, 0).astype(np.float32)
    return _level(values, weight, relaxations)


def _level(values: NDArray[np.float32], weight: NDArray[np.float32], relaxations: int) -> NDArray[np.float32]:
    unknown = weight <= 0
    if not unknown.any():
        return values
    if max(weight.shape) <= 2:
        total = float(weight.sum())
        mean = (values * _like(weight, values)).sum(axis=(0, 1)) / total if total > 0 else 0.0
        return np.where(_like(unknown, values), mean, values).astype(np.float32)
    size = ((weight.shape[1] + 1) // 2, (weight.shape[0] + 1) // 2)
    mass = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    sums = _resized(values * _like(weight, values), size, cv2.INTER_AREA)
    coarse = (sums / _like(np.maximum(mass, 1e-6), sums)).astype(np.float32)
    coarse = _level(coarse, mass, relaxations)
    pushed = _resized(coarse, weight.shape[::-1], cv2.INTER_LINEAR)
    known = (~unknown).view(np.uint8)
    filled = _kept(pushed, values, known)
    for _ in range(relaxations):
        filled = _kept(cv2.filter2D(filled, -1, _CROSS, borderType=cv2.BORDER_REPLICATE), values, known)
    return filled


def _kept(filled: NDArray[np.float32], values: NDArray[np.float32], known: NDArray[np.uint8]) -> NDArray[np.float32]:
    """With the known values where there are some."""
    filled = filled.reshape(values.shape)
    return np.asarray(cv2.copyTo(values, known, filled), np.float32).reshape(values.shape)


def _like(plane: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """A plane that broadcasts over the channels of `values`."""
    return plane if values.ndim == 2 else plane[..., None]


def _resized(values: NDArray[np.float32], size: tuple[int, ...], kernel: int) -> NDArray[np.float32]:
    """OpenCV drops the last axis where it is one long; give it back."""
    resized = cv2.resize(values, (size[0], size[1]), interpolation=kernel)
    return np.asarray(resized.reshape(size[1], size[0], *values.shape[2:]), np.float32)
