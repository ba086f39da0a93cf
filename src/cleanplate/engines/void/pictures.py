"""What a pass has drawn of a span, on disk until the layer has been made of it: lossless, whole or not there."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from cleanplate.engines.void.footage import Real
from cleanplate.media.ffv1 import Ffv1Reader, Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Plane

_PEAK = 65535
_FORMAT, _TAGS = pixel_format("gbrp16le"), ColourTags(matrix="gbr", range="full")
_BEAT = Fraction(1, 25)
"""Seconds a picture in the file; when it belongs to the plate is the span's to say."""


class Pictures:
    """Pictures of one size in a file, one in memory at a time. Cheapest in order. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._reader = Ffv1Reader(path)
        self._ahead: Generator[tuple[int, tuple[Plane, ...]], None, None] | None = None
        self._next, self._held = -1, -1
        self._picture: Real | None = None

    @staticmethod
    def write(path: Path, pictures: Iterable[Real]) -> None:
        """Keep pictures, rows x columns x 3 float32 R'G'B' in 0..1, in 16 bits; the file is whole or absent.

        Raises:
            ResourceError: the disk is full.
            ValueError: there are none.
        """
        run = iter(pictures)
        first = next(run, None)
        if first is None:
            raise ValueError("there are no pictures")
        size = first.shape[:2]
        with Ffv1Writer(path, _FORMAT, *size, colour=_TAGS, time_base=_BEAT, rate=1 / _BEAT) as writer:
            for place, picture in enumerate(_after(first, run)):
                codes = np.rint(picture * np.float32(_PEAK)).astype(np.uint16)
                writer.write(tuple(np.ascontiguousarray(codes[..., channel]) for channel in range(3)), place)

    def __len__(self) -> int:
        return len(self._reader)

    def at(self, place: int) -> Real:
        """One picture, rows x columns x 3 float32 R'G'B' in 0..1. Raises InputError for a damaged one."""
        if place != self._held or self._picture is None:
            if place != self._next or self._ahead is None:
                self._ahead = self._reader.frames(place)
            planes = next(self._ahead)[1]
            self._picture = np.dstack(planes).astype(np.float32) / np.float32(_PEAK)
            self._held, self._next = place, place + 1
        return self._picture

    def __iter__(self) -> Iterator[Real]:
        return (self.at(place) for place in range(len(self)))

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)


def _after(first: Real, rest: Iterator[Real]) -> Iterator[Real]:
    yield first
    yield from rest
