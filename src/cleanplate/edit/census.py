"""Counting samples that must equal the plate's, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.chroma import Axis, ChromaGrid
from cleanplate.edit.proof import Difference, SetResult
from cleanplate.masks.track import Mask
from cleanplate.media.frame import Family, PixelFormat, Plane, Siting
from cleanplate.media.siting import footprint_any

FIRST = 8
"""Differences that a proof names one by one."""
_NAMES = {Family.YUV: ("Y", "Cb", "Cr"), Family.RGB: ("R", "G", "B"), Family.GRAY: ("Y",)}


def plane_names(fmt: PixelFormat) -> tuple[str, ...]:
    """Names of the canonical planes."""
    return _NAMES[fmt.family] + ("A",) * fmt.has_alpha


def differing(source: Plane, composite: Plane) -> Mask:
    """H x W: where two planes hold other bits. Floats are compared as stored, so that NaN equals itself."""
    if source.dtype.kind == "f":
        bits = np.dtype(f"u{source.dtype.itemsize}")
        source, composite = np.ascontiguousarray(source).view(bits), np.ascontiguousarray(composite).view(bits)
    unlike: Mask = source != composite
    return unlike


@dataclass(frozen=True)
class Area:
    """Pixels of one frame, as a mask in a box whose corner is (y, x); nothing lies outside the box."""

    y: int
    x: int
    mask: Mask

    def samples(self, component: int, fmt: PixelFormat, siting: Siting, shape: tuple[int, int]) -> Area:
        """The samples of one plane that have a pixel of the area in their footprint.

        Args:
            shape: of the frame in luma samples.
        """
        if component >= fmt.components - fmt.has_alpha:  # the plate's own alpha is nobody's to change
            return Area(0, 0, np.zeros((0, 0), dtype=np.bool_))
        if not fmt.is_subsampled(component) or not self.mask.size:
            return self
        grid = ChromaGrid.of(fmt, siting, *shape)
        rows, above = _aligned(self.y, self.mask.shape[0], grid.down)
        columns, left = _aligned(self.x, self.mask.shape[1], grid.across)
        held = np.zeros((rows.stop - rows.start, columns.stop - columns.start), dtype=np.bool_)
        top, start = self.y - rows.start, self.x - columns.start
        held[top : top + self.mask.shape[0], start : start + self.mask.shape[1]] = self.mask
        return Area(above, left, footprint_any(held, fmt, siting))

    def clear(self, mask: Mask) -> None:
        """Set `mask`, of a whole plane, to False on the area."""
        height, width = self.mask.shape
        mask[self.y : self.y + height, self.x : self.x + width] &= ~self.mask


def _aligned(start: int, length: int, axis: Axis) -> tuple[slice, int]:
    """Luma range that holds start..start+length and all it reaches with a sample to spare, and its first chroma sample.

    With the spare sample, what `footprint_any` repeats at a cut is False, as it is in the whole frame.
    """
    low, high = axis.reached(start, start + length)
    low = max(low - 1, 0)
    return slice(low * axis.factor, min((high + 1) * axis.factor, axis.size)), low


@dataclass
class Census:
    """Running counts of one set: every sample outside each frame's area."""

    fmt: PixelFormat
    siting: Siting
    compared: int = 0
    by_plane: dict[str, int] = field(default_factory=dict)
    first: list[Difference] = field(default_factory=list)

    def add(
        self, frame: int, source: tuple[Plane, ...], composite: tuple[Plane, ...], differs: list[Mask], area: Area
    ) -> None:
        """Count one frame. `differs` holds `differing` of each plane and is not changed."""
        shape = source[0].shape
        for component, name in enumerate(plane_names(self.fmt)):
            reached = area.samples(component, self.fmt, self.siting, (shape[0], shape[1]))
            self.compared += differs[component].size - int(np.count_nonzero(reached.mask))
            if not differs[component].any():
                continue
            wrong = differs[component].copy()
            reached.clear(wrong)
            count = int(np.count_nonzero(wrong))
            if count:
                self.by_plane[name] = self.by_plane.get(name, 0) + count
                self._name(frame, name, wrong, source[component], composite[component])

    def result(self) -> SetResult:
        return SetResult(
            compared=self.compared,
            differing=sum(self.by_plane.values()),
            by_plane=dict(self.by_plane),
            first=tuple(self.first),
        )

    def _name(self, frame: int, plane: str, wrong: Mask, source: NDArray[Any], composite: NDArray[Any]) -> None:
        for flat in np.flatnonzero(wrong)[: FIRST - len(self.first)]:
            y, x = divmod(int(flat), wrong.shape[1])
            before, after = float(source[y, x]), float(composite[y, x])
            self.first.append(Difference(frame=frame, plane=plane, y=y, x=x, source=before, composite=after))
