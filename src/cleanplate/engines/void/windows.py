"""Windows over latents of any length, and how their results are joined. Read without torch.

Every step of the diffusion goes through all windows; where two overlap, their results are blended (MultiDiffusion,
Bar-Tal et al., arXiv 2302.08113, in time), so that nothing drifts apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE, OVERLAP = 22, 4
"""Latent frames of a window, and of what it shares with the next."""


@dataclass(frozen=True)
class Window:
    """Latents start..stop-1; the first `head` of them belong to the window before too, the last `tail` to the next."""

    start: int
    stop: int
    head: int
    tail: int

    @property
    def place(self) -> slice:
        """Among all latents."""
        return slice(self.start, self.stop)

    @property
    def weights(self) -> NDArray[np.float32]:
        """Of each latent: 1, rising over the head and falling over the tail; two windows' add up to 1."""
        weights = np.ones(self.stop - self.start, np.float32)
        weights[: self.head] = _rising(self.head)
        weights[len(weights) - self.tail :] = 1 - _rising(self.tail)
        return weights


def windows(latents: int, size: int = SIZE, overlap: int = OVERLAP) -> tuple[Window, ...]:
    """The windows of a clip; the last may be short.

    Raises:
        ValueError: a number that patches of two latents do not divide, or an overlap of more than half a window.
    """
    if latents < 2 or latents % 2 or size % 2 or overlap % 2 or not 0 <= 2 * overlap <= size:
        raise ValueError(f"{latents} latents in windows of {size} that share {overlap}: even numbers, half at most")
    found, start, stop, head = list[Window](), 0, 0, 0
    while stop < latents:
        stop = min(start + size, latents)
        tail = overlap if stop < latents else 0
        found.append(Window(start, stop, head, tail))
        start, head = stop - overlap, overlap
    return tuple(found)


def _rising(count: int) -> NDArray[np.float32]:
    return np.linspace(0, 1, count + 2, dtype=np.float32)[1:-1]
