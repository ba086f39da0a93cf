"""The four labels of a quadmask and their algebra (VOID, arXiv 2604.02296: remove, overlap, affected, keep)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask

REMOVE, OVERLAP, AFFECTED, KEEP = 0, 63, 127, 255
LABELS = (REMOVE, OVERLAP, AFFECTED, KEEP)

Labels = NDArray[np.uint8]
"""H x W, each sample one of `LABELS`."""

SNAP_THRESHOLDS = (31, 95, 191)
"""Largest level that still snaps to remove, overlap and affected; what lies above the last one is keep."""
FAR = 12
"""Levels between a sample and its label from which the sample counts as far from every label."""

_LEVELS = np.arange(256)
_SNAP = np.asarray(LABELS, dtype=np.uint8)[np.searchsorted(SNAP_THRESHOLDS, _LEVELS)]
_IS_FAR = (np.abs(_LEVELS - _SNAP.astype(np.int64)) >= FAR).astype(np.uint8)


def combine(remove: Mask, affected: Mask) -> Labels:
    """The quadmask of two H x W boolean masks; where both hold the label is overlap."""
    both = np.array([[KEEP, AFFECTED], [REMOVE, OVERLAP]], dtype=np.uint8)
    labels: Labels = both[remove.astype(np.uint8), affected.astype(np.uint8)]
    return labels


def removed(labels: Labels) -> Mask:
    """Where the object itself is (remove or overlap)."""
    mask: Mask = labels <= OVERLAP
    return mask


def affected(labels: Labels) -> Mask:
    """Where its consequences are (overlap or affected)."""
    mask: Mask = (labels == OVERLAP) | (labels == AFFECTED)
    return mask


def changed(labels: Labels) -> Mask:
    """Where anything may change: every label but keep."""
    mask: Mask = labels != KEEP
    return mask


def union(a: Labels, b: Labels) -> Labels:
    """Both edits at once: removed where either removes, affected where either affects."""
    return combine(removed(a) | removed(b), affected(a) | affected(b))


def primary_only(labels: Labels) -> Labels:
    """The object alone, without its consequences: VOID's convention for a clip's first frame."""
    return combine(removed(labels), np.zeros(labels.shape, dtype=np.bool_))


def is_exact(labels: NDArray[Any]) -> bool:
    """True for an H x W uint8 array that holds labels and nothing else."""
    return labels.dtype == np.uint8 and labels.ndim == 2 and sum(label_counts(labels)) == labels.size


def snap(levels: NDArray[np.uint8]) -> tuple[Labels, int]:
    """Send levels 0..255 to their labels by `SNAP_THRESHOLDS`; also how many samples were far from every label.

    To be done at the size at which the mask was stored: a resize first would leave rings of wrong labels at edges.
    """
    labels: Labels = cv2.LUT(levels, _SNAP).reshape(levels.shape)
    return labels, cv2.countNonZero(cv2.LUT(levels, _IS_FAR))


def label_counts(labels: Labels) -> tuple[int, int, int, int]:
    """Number of samples of each label, in the order of `LABELS`."""
    return tuple(int(np.count_nonzero(labels == label)) for label in LABELS)  # type: ignore[return-value]
