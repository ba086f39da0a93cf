"""`Clip`: a plate opened for reading. Frames come one at a time; nothing of the clip's length is ever held."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from cleanplate.errors import InputError, UsageError
from cleanplate.files import sha256
from cleanplate.media.frame import Frame, Plane
from cleanplate.media.limits import Limits
from cleanplate.media.probe import ClipInfo
from cleanplate.media.sequence import is_sequence_path
from cleanplate.media.stills import open_sequence
from cleanplate.media.video import open_video

Reader = Callable[[int, int], Iterator[tuple[int, tuple[Plane, ...]]]]
"""(start, stop) -> (index, canonical planes) in order."""

_WALK = 48
"""Frames that a random access rather decodes through than seek."""


class Clip:
    """A plate: what it is (`info`) and its frames. Use as a context manager, or call `close`.

    Frame n is the n-th presented frame, after edit lists. Iterations are independent of each other.
    """

    def __init__(self, info: ClipInfo, reader: Reader) -> None:
        self.info = info
        self._reader = reader
        self._cursor: Generator[Frame, None, None] | None = None
        self._latest: Frame | None = None

    @classmethod
    def open(cls, path: Path | str, *, rate: Fraction | None = None, limits: Limits | None = None) -> Clip:
        """Open a video file, one image, a folder of images, or a pattern (``shot.%04d.exr``, ``shot.####.exr``).

        Args:
            rate: frames a second, for image sequences and streams without times; None takes the file's own or 24.
            limits: what is too large.
        Raises:
            InputError: nothing there, or not something that can be read whole and exactly.
        """
        path, limits = Path(path), limits or Limits()
        if rate is not None and rate <= 0:
            raise UsageError(f"a rate of {rate} frames a second makes no sense", remedy="Give a positive number.")
        if is_sequence_path(path):
            return cls(*open_sequence(path, rate, limits))
        return cls(*open_video(path, rate, limits))

    def __len__(self) -> int:
        return len(self.info)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; the clip may still be read, which opens it again."""
        if self._cursor is not None:
            self._cursor.close()
        self._cursor = self._latest = None

    def frames(self, start: int = 0, stop: int | None = None) -> Generator[Frame, None, None]:
        """Frames start..stop-1 in order, decoded as they are asked for.

        Raises:
            InputError: a frame cannot be decoded; it names the frame.
        """
        stop = len(self) if stop is None else stop
        if not 0 <= start <= stop <= len(self):
            raise self._outside(f"frames {start} to {stop}")
        for index, planes in self._reader(start, stop):
            yield Frame(index, int(self.info.pts[index]), planes)

    def frame(self, index: int) -> Frame:
        """One frame. Going forward by little decodes on; anything else seeks.

        Raises:
            InputError: outside the clip, or it cannot be decoded.
        """
        if not 0 <= index < len(self):
            raise self._outside(f"frame {index}")
        latest = self._latest
        if latest is not None and latest.index == index:
            return latest
        if latest is None or not latest.index < index <= latest.index + _WALK:
            self._seek(index)
        try:
            self._latest = self._walk_to(index)
        except InputError:  # on the way there, or there
            self._seek(index)
            self._latest = self._walk_to(index)
        return self._latest

    def _seek(self, index: int) -> None:
        self.close()
        self._cursor = self.frames(index)

    def _walk_to(self, index: int) -> Frame:
        assert self._cursor is not None  # noqa: S101
        return next(frame for frame in self._cursor if frame.index == index)

    def index_at(self, seconds: Fraction) -> int:
        """The frame on show at a time counted from the first frame.

        Raises:
            InputError: before the first frame or after the last.
        """
        if not 0 <= seconds < self.info.duration:
            raise self._outside(f"{float(seconds):g} s")
        return self.info.index_at(seconds)

    @cached_property
    def source_hash(self) -> str:
        """SHA-256 of the file; for a sequence, of the files' digests in order."""
        if len(self.info.files) == 1:
            return sha256(self.info.files[0])
        digest = hashlib.sha256()
        for file in self.info.files:
            digest.update(bytes.fromhex(sha256(file)))
        return digest.hexdigest()

    def _outside(self, what: str) -> InputError:
        last, seconds = len(self) - 1, float(self.info.duration)
        return InputError(
            f"{what} lies outside the clip",
            where=str(self.info.path),
            remedy=f"It has frames 0 to {last}, {seconds:.3f} seconds.",
        )
