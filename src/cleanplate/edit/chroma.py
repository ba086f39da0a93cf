"""Which chroma samples a rectangle of luma reaches, and which luma samples a rectangle of chroma is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.frame import PixelFormat, Siting
from cleanplate.media.siting import is_cosited, taps

Real = NDArray[np.float32]
"""H x W."""
Range = tuple[int, int]
"""Half-open."""


@dataclass(frozen=True)
class Axis:
    """One dimension of the chroma grid over a luma dimension of `size` samples.

    Attributes:
        factor: luma samples a chroma sample.
        first: offset of the footprint from `factor * n`.
        weights: of the footprint's samples.
    """

    size: int
    factor: int
    first: int
    weights: tuple[float, ...]

    def reached(self, start: int, stop: int) -> Range:
        """The chroma samples whose footprint meets luma samples start..stop-1."""
        last = self.first + len(self.weights) - 1
        low = max(0, -(-(start - last) // self.factor))
        high = min(-(-self.size // self.factor), (stop - 1 - self.first) // self.factor + 1)
        return low, high

    def footprint(self, start: int, stop: int) -> Range:
        """The luma samples, a range that may leave the frame, of chroma samples start..stop-1."""
        first = self.factor * start + self.first
        return first, first + self.factor * (stop - start - 1) + len(self.weights)


@dataclass(frozen=True)
class ChromaGrid:
    """The chroma grid of a plate of a given format, siting and size."""

    down: Axis
    across: Axis

    @classmethod
    def of(cls, fmt: PixelFormat, siting: Siting, height: int, width: int) -> Self:
        across, down = is_cosited(siting)
        factor_y, factor_x = 1 << fmt.sub_y, 1 << fmt.sub_x
        return cls(Axis(height, factor_y, *taps(factor_y, down)), Axis(width, factor_x, *taps(factor_x, across)))


def reduce(samples: Real, down: Axis, across: Axis) -> Real:
    """Filter and decimate samples that are whole footprints in both dimensions."""
    return _reduced(_reduced(samples, down).T, across).T


def _reduced(samples: Real, axis: Axis) -> Real:
    if axis.factor == 1:
        return samples
    count = (samples.shape[0] - len(axis.weights)) // axis.factor + 1
    span = axis.factor * (count - 1) + 1
    total = np.float32(axis.weights[0]) * samples[: span : axis.factor]
    for k, weight in enumerate(axis.weights[1:], 1):
        total += np.float32(weight) * samples[k : k + span : axis.factor]
    return total


def window(samples: Real, corner: tuple[int, int], rows: Range, columns: Range, grid: ChromaGrid) -> Real:
    """The samples of rows x columns (ranges that may leave the frame) of a picture that is zero but for a rectangle.

    Args:
        samples: the rectangle, whose top left corner lies at `corner`. Outside the frame its edge continues.
    """
    (top, left), (y0, y1), (x0, x1) = corner, rows, columns
    inner_y, inner_x = (max(y0, 0), min(y1, grid.down.size)), (max(x0, 0), min(x1, grid.across.size))
    held = np.zeros((inner_y[1] - inner_y[0], inner_x[1] - inner_x[0]), dtype=np.float32)
    ya, yb = max(top, inner_y[0]), min(top + samples.shape[0], inner_y[1])
    xa, xb = max(left, inner_x[0]), min(left + samples.shape[1], inner_x[1])
    held[ya - inner_y[0] : yb - inner_y[0], xa - inner_x[0] : xb - inner_x[0]] = samples[
        ya - top : yb - top, xa - left : xb - left
    ]
    beyond = ((inner_y[0] - y0, y1 - inner_y[1]), (inner_x[0] - x0, x1 - inner_x[1]))
    return np.pad(held, beyond, mode="edge") if any(map(any, beyond)) else held
