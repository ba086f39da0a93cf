"""The plate and its quadmask on the model's grid, frame after frame. Read without torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.padding import played
from cleanplate.engines.void.timing import Span, without_consequences
from cleanplate.errors import InputError
from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, Labels
from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, to_444
from cleanplate.media.curves import curve_for, to_model
from cleanplate.media.frame import Frame
from cleanplate.media.probe import ClipInfo

Real = NDArray[np.float32]

_SOME = 64
"""Of 255: from this share of what changes a pixel changes; where the published code draws the line."""
_LEVELS = np.arange(256)
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
        codes = np.dstack([_averaged(plane.astype(np.float32), size) for plane in planes])
    shown = to_model(codes_to_rgb(codes, info.format, info.colour), curve_for(info.colour))
    return np.clip(np.nan_to_num(shown, nan=0.0), 0, 1).astype(np.float32, copy=False)


def shrunk(labels: Labels, size: tuple[int, int]) -> Labels:
    """Rows x columns of 0, 127 and 255: what changes on a quarter of a pixel or more changes it; most of that decides.

    Shares of labels are averaged, never the labels themselves: between remove and keep no affected ring appears.
    """
    goes = _averaged(cv2.LUT(labels, _GOES), size)
    follows = _averaged(cv2.LUT(labels, _FOLLOWS), size)
    changes = goes.astype(np.uint16) + follows >= _SOME
    smaller: Labels = np.where(changes, np.where(goes >= follows, REMOVE, AFFECTED), KEEP).astype(np.uint8)
    return smaller


def _averaged(plane: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """At (rows, columns): averaged where it shrinks; linear where it grows, as chroma may."""
    shrinks = size[0] <= plane.shape[0] and size[1] <= plane.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    averaged: NDArray[Any] = cv2.resize(plane, size[::-1], interpolation=how)
    return averaged
