"""Which of several frames' answers to believe, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 0.015
"""Fraction of the peak by which two answers may differ and still support each other fully (at 1/e)."""


def agreement(
    answers: NDArray[np.float32], trust: NDArray[np.float32], peak: float, tolerance: float = _TOLERANCE
) -> NDArray[np.float32]:
    """Weights (K x h x w) for a mean of K answers, in which what disagrees with the best supported one has no say.

    The best supported answer of a pixel is its weighted medoid: a thing that passes through one frame is outvoted by
    the others, and two answers that differ are never mixed into a ghost.

    Args:
        answers: K x h x w x C.
        trust: K x h x w, 0 where an answer is missing.
    """
    count = len(answers)
    support = trust.copy()
    alike = {}
    for i in range(count):
        for j in range(i):
            gap = np.sqrt(np.mean((answers[i] - answers[j]) ** 2, axis=2))
            both = (trust[i] > 0) & (trust[j] > 0)
            gap = cv2.blur(np.where(both, gap, 0).astype(np.float32), (3, 3))
            alike[i, j] = alike[j, i] = np.exp(-((gap / (tolerance * peak)) ** 2))
            support[i] += trust[j] * alike[i, j]
            support[j] += trust[i] * alike[i, j]
    best = np.argmax(np.where(trust > 0, support, -1), axis=0)
    weights = np.empty_like(trust)
    for i in range(count):
        likeness = np.ones(best.shape, np.float32)
        for j in range(count):
            if j != i:
                likeness = np.where(best == j, alike[i, j], likeness)
        weights[i] = trust[i] * likeness
    return weights
