"""The lossless store: FFV1 version 3 (RFC 9043) in Matroska (RFC 9559), each frame apart, the same bytes everywhere.

Matroska counts time in milliseconds here; exact times live in the shot's manifest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from cleanplate.errors import InputError
from cleanplate.files import atomic, disk_errors
from cleanplate.media.aspect import matroska, reserve_aspect
from cleanplate.media.door import opened, plate_stream
from cleanplate.media.ffv1_check import is_whole
from cleanplate.media.frame import ColourTags, PixelFormat, Plane
from cleanplate.media.repack import planes_from, storage_format, to_video_frame
from cleanplate.media.slices import slice_count
from cleanplate.media.tagging import colour_options

MILLISECOND = Fraction(1, 1000)
_LEVEL = {"level": "3", "g": "1", "slicecrc": "1", "flags": "+bitexact", "strict": "-2"}
_CHECKSUM_START = 0
_FIELD_ORDERS = ("progressive", "tt", "bb", "tb", "bt")


def milliseconds(seconds: Fraction) -> int:
    """A time in whole milliseconds, halves rounded up."""
    return (seconds / MILLISECOND + Fraction(1, 2)).__floor__()


class Ffv1Writer:
    """Writes one video, frame by frame; the file takes its name only when the block ends without an error.

    Args:
        fmt: what the planes hold; stored through the bijective table of `media.formats`.
        height, width: of the coded picture.
        colour: tags to write; siting too.
        time_base: seconds of one tick of the times given to `write`.
        rate: frames a second, nominal.
        rotation: clockwise degrees that a player shall turn the picture by.
        field_order: FFmpeg's two letters (``tt``, ``bb``, ``tb``, ``bt``), ``progressive`` or ``unknown``.
        threads: of the encoder; 0 takes as many as there are cores. The bytes do not depend on it.
    Raises:
        InputError: a format that FFV1 cannot hold (floats).
        ResourceError: the disk is full, or may not be written to.
    """

    def __init__(
        self,
        path: Path,
        fmt: PixelFormat,
        height: int,
        width: int,
        *,
        colour: ColourTags,
        time_base: Fraction,
        rate: Fraction,
        sample_aspect: Fraction = Fraction(1),
        rotation: int = 0,
        field_order: str = "progressive",
        threads: int = 0,
    ) -> None:
        self.storage = storage_format(fmt)
        self._path, self._format, self._size = path, fmt, (height, width)
        self._colour, self._time_base, self._rate = colour, time_base, rate
        self._aspect, self._rotation, self._field_order = sample_aspect, rotation, field_order
        self._threads = threads
        self._shift: int | None = None
        self._last = -1
        self._packet = b""
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            self._stack.enter_context(disk_errors(self._path))
            partial = self._stack.enter_context(atomic(self._path))
            self._container = self._stack.enter_context(matroska(partial, *self._size, self._aspect))
            self._stream = self._add_stream(self._container)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if kind is None:
                self._container.mux(self._stream.encode(None))
            else:
                self._stack.__exit__(kind, error, trace)

    def write(self, planes: Sequence[Plane], pts: int) -> None:
        """Append one frame of canonical planes, shown at `pts`; times must increase."""
        self.write_frame(to_video_frame(planes, self._format, self.storage), pts)

    def write_frame(self, frame: av.VideoFrame, pts: int) -> None:
        """Append a frame that FFmpeg holds already, in this writer's `storage` format. Its times are overwritten.

        Raises:
            ValueError: another size or format.
        """
        if (frame.height, frame.width) != self._size or frame.format.name != self.storage:
            got = f"{frame.width}x{frame.height} {frame.format.name}"
            raise ValueError(f"a frame of {got} in a video of {self._size[1]}x{self._size[0]} {self.storage}")
        frame.pts, frame.time_base = self._time(pts), MILLISECOND
        for packet in self._stream.encode(frame):  # one: the encoder keeps nothing back
            self._packet = bytes(packet)
            self._container.mux(packet)

    def write_again(self, pts: int) -> None:
        """Append the last frame once more, without encoding it: each is stored apart, so its bytes are the same."""
        packet = av.Packet(self._packet)
        packet.stream, packet.time_base, packet.is_keyframe = self._stream, MILLISECOND, True
        packet.pts = packet.dts = self._time(pts)
        self._container.mux(packet)

    def _time(self, pts: int) -> int:
        """Milliseconds in the file, increasing."""
        time = milliseconds(pts * self._time_base)
        if self._shift is None:
            self._shift = max(0, -time)  # Matroska knows no time before zero
        self._last = max(self._last + 1, time + self._shift)
        return self._last

    def _add_stream(self, container: OutputContainer) -> VideoStream:
        height, width = self._size
        options = _LEVEL | {"slices": str(slice_count(height, width, self.storage))} | colour_options(self._colour)
        if self._field_order in _FIELD_ORDERS:
            options["field_order"] = self._field_order
        stream = container.add_stream("ffv1", rate=self._rate, options=options)
        if self._rotation:
            stream.set_display_rotation(-self._rotation)
        context = stream.codec_context
        context.height, context.width, context.pix_fmt = height, width, self.storage
        context.time_base = MILLISECOND
        reserve_aspect(stream, self._aspect)
        context.thread_type, context.thread_count = "SLICE", self._threads
        return stream


class Ffv1Reader:
    """Reads a file of `Ffv1Writer` in order or at random. Use as a context manager.

    Attributes:
        times: milliseconds of every frame, increasing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            self._container: InputContainer = self._stack.enter_context(opened(self.path))
            self._stream = plate_stream(self._container, self.path)
            if self._stream.codec_context.name != "ffv1":
                raise InputError("this is not a lossless FFV1 file", where=str(self.path), remedy=_REMEDY)
            self._stream.codec_context.thread_type = "SLICE"
            self.times = self._read_times()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __len__(self) -> int:
        return len(self.times)

    def frame(self, index: int) -> tuple[Plane, ...]:
        """Canonical planes of one frame, read-only."""
        return next(self.frames(index, index + 1))[1]

    def frames(self, start: int = 0, stop: int | None = None) -> Generator[tuple[int, tuple[Plane, ...]], None, None]:
        """(milliseconds, canonical planes) of frames start..stop-1. One iteration at a time on one reader.

        Raises:
            InputError: a frame is damaged or missing.
        """
        wanted = self.times[start:stop]
        if not wanted:
            return
        self._container.seek(wanted[0], stream=self._stream, backward=True)
        try:
            for time, planes in self._decoded(wanted[0]):
                if time != wanted[0]:
                    break
                yield wanted.pop(0), planes
                if not wanted:
                    return
        except av.error.FFmpegError as error:
            raise self._damaged(wanted[0]) from error
        raise self._damaged(wanted[0])

    def _decoded(self, start: int) -> Generator[tuple[int, tuple[Plane, ...]], None, None]:
        """Frames from the one at `start` on. Every packet is a frame of its own, so none is decoded in vain."""
        for packet in self._container.demux(self._stream):
            if packet.pts is None or packet.pts < start:
                continue
            if not is_whole(bytes(packet), _CHECKSUM_START):  # FFmpeg would hand out a patched picture
                raise self._damaged(packet.pts)
            for frame in self._stream.decode(packet):
                yield packet.pts, planes_from(frame)

    def _read_times(self) -> list[int]:
        """The index lists every key frame, and all are; it is read at the first seek."""
        self._container.seek(0, stream=self._stream)
        times = [entry.timestamp for entry in self._stream.index_entries]
        return times or [packet.pts for packet in self._container.demux(self._stream) if packet.pts is not None]

    def _damaged(self, time: int) -> InputError:
        index = bisect_left(self.times, time)
        return InputError(f"frame {index} is damaged", where=str(self.path), remedy=_REMEDY)


_REMEDY = "Make it again, or restore it from a copy."


def read_ffv1(path: Path, start: int = 0) -> Generator[tuple[int, tuple[Plane, ...]], None, None]:
    """(milliseconds, canonical planes) of a file of `Ffv1Writer` from frame `start` on.

    Raises:
        InputError: not such a file, or a damaged one.
    """
    with Ffv1Reader(path) as reader:
        yield from reader.frames(start)
