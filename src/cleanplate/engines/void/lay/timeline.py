"""Drawn pictures at every frame of the plate: as they were drawn at the beats, between them along their own motion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.timing import Span
from cleanplate.media.probe import ClipInfo
from cleanplate.motion.between import between
from cleanplate.motion.flow import Flow, FlowField, make_flow

Real = NDArray[np.float32]
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Timeline:
    """Asked for in rising order it finds the motion between two beats once, and holds no more than the two.

    Args:
        picture: of a place in the span, H x W x 3 float32 in 0..1.
    """

    def __init__(self, span: Span, info: ClipInfo, picture: Callable[[int], Real], flow: Flow | None = None) -> None:
        self._span, self._info, self._picture = span, info, picture
        self._flow = flow or make_flow()
        self._held: dict[int, Real] = {}
        self._flows: tuple[int, tuple[FlowField, FlowField]] | None = None

    def at(self, frame: int) -> Real:
        """The picture at a frame of the plate, from the span's first to its last.

        Raises:
            ValueError: a frame outside the span.
        """
        frames = self._span.frames
        if not frames[0] <= frame <= frames[-1]:
            raise ValueError(f"frame {frame} of a span from {frames[0]} to {frames[-1]}")
        place = bisect_right(frames, frame) - 1
        if frames[place] == frame:
            return self._beat(place)
        a, b, here = (int(self._info.pts[n]) for n in (frames[place], frames[place + 1], frame))
        pictures = self._beat(place), self._beat(place + 1)
        return between(*pictures, self._motion(place), (here - a) / (b - a))

    def _motion(self, place: int) -> tuple[FlowField, FlowField]:
        """From a beat to the next, and back."""
        if self._flows is None or self._flows[0] != place:
            grays = _gray(self._beat(place)), _gray(self._beat(place + 1))
            self._flows = place, (self._flow(*grays), self._flow(*grays[::-1]))
        return self._flows[1]

    def _beat(self, place: int) -> Real:
        if place not in self._held:
            self._held = {other: kept for other, kept in self._held.items() if abs(other - place) < 2}
            self._held[place] = self._picture(place)
        return self._held[place]


def _gray(picture: Real) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(picture @ _LUMA, 0, 1) * 255), np.uint8)
