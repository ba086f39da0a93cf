"""The plate and its quadmask on the model's grid, frame after frame. Read without torch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.padding import played
from cleanplate.engines.void.timing import Span, without_consequences
from cleanplate.errors import InputError
from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, Labels, changed
from cleanplate.masks.track import mask_box
from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, to_444
from cleanplate.media.curves import curve_for, to_model
from cleanplate.media.frame import Frame, PixelFormat, Plane
from cleanplate.media.probe import ClipInfo

Real = NDArray[np.float32]

_SOME = 64
"""Of 255: from this share of what changes a pixel changes; where the published code draws the line."""
_LEVELS = np.arange(256)
_DEEPEST = 16
"""Bits."""
_GOES = np.where(_LEVELS <= OVERLAP, 255, 0).astype(np.uint8)
_FOLLOWS = np.where(_LEVELS == AFFECTED, 255, 0).astype(np.uint8)


class QuadMasks(Protocol):
    """Labels of a clip, such as `masks.quadmask.QuadMask`."""

    def __len__(self) -> int: ...

    def at(self, index: int) -> Labels:
        """H x W uint8 labels of one frame; cheapest in order."""
        ...


class Footage:
    """A span of a clip as the model is given it: at its rate, on its grid, filled up to a length that it bears.

    Every frame is decoded once; only those of a mirrored tail are held until it comes.

    Raises:
        InputError: the quadmask has another length than the plate.
    """

    def __init__(self, clip: Clip, quadmask: QuadMasks, span: Span, framing: Framing) -> None:
        if len(quadmask) != len(clip):
            raise InputError(
                f"the quadmask has {len(quadmask)} frames, the plate {len(clip)}",
                where=str(clip.info.path),
                remedy="Make it anew for this plate.",
            )
        self._clip, self._quadmask, self._span, self._framing = clip, quadmask, span, framing
        self._part = framing.info(clip.info)

    def pictures(self) -> Iterator[Real]:
        """Rows x columns x 3, R'G'B' in 0..1, upright; plates that are no picture (PQ, HLG, log) pass their curve."""
        return played(self._span.order, self.beats())

    def labels(self) -> Iterator[Labels]:
        """Rows x columns of 0, 127 and 255, upright: overlap goes, and nothing is affected on the first frame."""
        return played(self._span.order, self._labels())

    @property
    def cleared(self) -> int:
        """Samples of the quadmask that are affected on the first frame, and that the model is told to keep there."""
        y0, x0, y1, x1 = self._framing.box
        return without_consequences(self._quadmask.at(self._span.frames[0])[y0:y1, x0:x1])[1]

    def beats(self) -> Iterator[Real]:
        """The pictures of the span's own frames, without a tail."""
        wanted = set(self._span.frames)
        for frame in self._clip.frames(self._span.frames[0], self._span.frames[-1] + 1):
            if frame.index in wanted:
                part = self._framing.cut(frame, self._clip.info)
                yield self._filled(colours(part, self._part, self._framing.size.coded))

    def _labels(self) -> Iterator[Labels]:
        y0, x0, y1, x1 = self._framing.box
        for place, frame in enumerate(self._span.frames):
            labels = self._quadmask.at(frame)[y0:y1, x0:x1]
            if place == 0:
                labels, _ = without_consequences(labels)
            yield self._filled(shrunk(labels, self._framing.size.coded))

    def _filled(self, picture: NDArray[Any]) -> Any:
        framing = self._framing
        below, beside = framing.rows - framing.size.rows, framing.columns - framing.size.columns
        upright = framing.size.upright(picture)
        return cv2.copyMakeBorder(upright, 0, below, 0, beside, cv2.BORDER_REPLICATE) if below or beside else upright


def colours(frame: Frame, info: ClipInfo, size: tuple[int, int]) -> Real:
    """Rows x columns x 3 R'G'B', clipped to 0..1, not rounded; averaged over areas, each plane on its own.

    That moves left-sited chroma by at most a quarter of a new pixel; at the frame's own size it is placed exactly.

    Args:
        info: of the frame, its colour tags resolved.
        size: rows and columns, no larger than the frame.
    """
    planes = frame.planes[: info.format.components - info.format.has_alpha]
    if size == (frame.height, frame.width):
        codes = to_444(planes, info.format, info.colour.siting)
    else:
        codes = np.dstack([_codes(plane, info.format, size) for plane in planes])
    shown = to_model(codes_to_rgb(codes, info.format, info.colour), curve_for(info.colour))
    return np.clip(np.nan_to_num(shown, nan=0.0), 0, 1).astype(np.float32, copy=False)


def _codes(plane: Plane, fmt: PixelFormat, size: tuple[int, int]) -> Real:
    """A plane's codes averaged, to within 2^-17 of their range: 16 bits are half the memory of floats."""
    if fmt.is_float:
        return np.asarray(_averaged(plane.astype(np.float32), size), np.float32)
    finer = _DEEPEST - fmt.depth
    averaged = _averaged(np.left_shift(plane, finer, dtype=np.uint16), size)
    return averaged.astype(np.float32) * np.float32(0.5**finer)


def shrunk(labels: Labels, size: tuple[int, int]) -> Labels:
    """Rows x columns of 0, 127 and 255: what changes on a quarter of a pixel or more changes it; most of that decides.

    Shares of labels are averaged, never the labels themselves: between remove and keep no affected ring appears.
    """
    smaller: Labels = np.full(size, KEEP, np.uint8)
    inner = mask_box(changed(labels))
    if inner is None:
        return smaller
    y0, y1, top, bottom = _aligned(inner[0], inner[2], labels.shape[0], size[0])
    x0, x1, left, right = _aligned(inner[1], inner[3], labels.shape[1], size[1])
    part, cells = labels[y0:y1, x0:x1], (bottom - top, right - left)
    goes = _averaged(cv2.LUT(part, _GOES), cells)
    follows = _averaged(cv2.LUT(part, _FOLLOWS), cells)
    changes = goes.astype(np.uint16) + follows >= _SOME
    smaller[top:bottom, left:right] = np.where(changes, np.where(goes >= follows, REMOVE, AFFECTED), KEEP)
    return smaller


def _aligned(start: int, stop: int, side: int, cells: int) -> tuple[int, int, int, int]:
    """A run of a side that holds another, and its cells: it begins and ends where pixels and cells do."""
    if cells > side:
        return 0, side, 0, cells
    parts = math.gcd(side, cells)
    first, last = start * parts // side, -(-stop * parts // side)
    return first * side // parts, last * side // parts, first * cells // parts, last * cells // parts


def _averaged(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """At (rows, columns): averaged where it shrinks; linear where it grows, as chroma may."""
    shrinks = size[0] <= plane.shape[0] and size[1] <= plane.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    averaged: NDArray[Any] = cv2.resize(plane, size[::-1], interpolation=how)
    return averaged
