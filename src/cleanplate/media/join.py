"""The finished master: segments joined by copying their packets, with every other stream of the plate beside them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from cleanplate.errors import PackageError
from cleanplate.files import atomic, disk_errors
from cleanplate.media.aspect import matroska, reserve_aspect
from cleanplate.media.copies import Copy, DeliveredStream, track_tags
from cleanplate.media.door import opened, plate_stream
from cleanplate.media.ffv1 import MILLISECOND, milliseconds
from cleanplate.media.probe import ClipInfo

if TYPE_CHECKING:
    from av.container.core import Chapter  # only its stubs have it

_CONTAINERS_WITH_ANY_START = ("mpegts", "mpeg")
_OF_THE_FILE = ("major_brand", "minor_version", "compatible_brands", "encoder", "duration")
_Timed = tuple[Fraction, "Packet[Any]"]
"""Seconds in the master, and the packet."""


@dataclass(frozen=True)
class JoinResult:
    """What the master holds.

    Attributes:
        frames: of the plate's stream, which is the master's stream 0.
        offset: seconds added to all times of the source.
        streams: every other stream of the source.
    """

    frames: int
    offset: Fraction
    streams: tuple[DeliveredStream, ...]

    @property
    def set_aside(self) -> tuple[Path, ...]:
        """Files that hold what Matroska refuses."""
        return tuple(stream.file for stream in self.streams if stream.file is not None)


def join_master(segments: Sequence[Path], source: ClipInfo, out: Path, extra: Path) -> JoinResult:
    """Join FFV1 segments into `out`, with the source's other streams, chapters and tags; bit-exact, in bounded memory.

    Frames get the source's exact times, rounded to Matroska's milliseconds. All streams keep their places in time
    relative to each other.

    Raises:
        PackageError: segments that do not hold the source's frames in one format.
        ResourceError: the disk is full, or may not be written to.
    """
    shape = source.height, source.width, source.sample_aspect
    with disk_errors(out), atomic(out) as partial, matroska(partial, *shape) as master:
        video = _add_plate(master, segments[0], source)
        if source.is_sequence:
            _mux(master, [_plate_packets(segments, source, Fraction(0), video)])
            return JoinResult(len(source), Fraction(0), ())
        with opened(source.path) as plate:
            others = [stream for stream in plate.streams if stream.index != source.video_index]
            copies = [Copy(stream, source.path, master) for stream in others]
            offset = _offset(source, copies)
            master.metadata.update(_kept(plate.metadata, _OF_THE_FILE))
            master.set_chapters([_moved(chapter, offset) for chapter in plate.chapters()])
        flowing = [copy.packets(offset) for copy in copies]
        _mux(master, [_plate_packets(segments, source, offset, video), *flowing])
    return JoinResult(len(source), offset, tuple(copy.delivered(extra) for copy in copies))


def _offset(source: ClipInfo, copies: Sequence[Copy]) -> Fraction:
    """Zero, unless a stream begins before zero, which Matroska cannot hold, or all at a number that means nothing.
    Whole milliseconds, so that it moves all frames alike.

    Sound that begins before zero primes its decoder. Matroska keeps that apart, as a delay that is copied along.
    """
    sound = [] if "matroska" in source.container else [copy.start for copy in copies if copy.start is not None]
    first = min([int(source.pts[0]) * source.time_base, *sound])
    moves = first < 0 or source.container in _CONTAINERS_WITH_ANY_START
    return (-first / MILLISECOND).__ceil__() * MILLISECOND if moves else Fraction(0)


def _moved(chapter: Chapter, offset: Fraction) -> Chapter:
    unit = chapter["time_base"] or MILLISECOND
    shift = round(offset / unit)
    return {**chapter, "start": chapter["start"] + shift, "end": chapter["end"] + shift}


def _kept(tags: dict[str, str], left_out: Sequence[str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if name.lower() not in left_out and not name.startswith("_")}


def _add_plate(master: OutputContainer, segment: Path, source: ClipInfo) -> VideoStream:
    with opened(segment) as first:
        video = master.add_stream_from_template(plate_stream(first, segment), opaque=True)
    if not source.is_sequence:
        with opened(source.path) as container:
            plate = container.streams[source.video_index]
            video.metadata.update(track_tags(plate.metadata))
            video.disposition = plate.disposition
    if source.timecode:
        video.metadata["timecode"] = source.timecode
    reserve_aspect(video, source.sample_aspect)
    return video


def _plate_packets(
    segments: Sequence[Path], source: ClipInfo, offset: Fraction, video: VideoStream
) -> Iterator[_Timed]:
    """The frames' packets with the source's times."""
    times = _frame_times(source, offset)
    frame = 0
    for packet in _segment_packets(segments):
        if frame == len(source):
            raise PackageError(f"the segments hold more than {len(source)} frames", remedy=_AGAIN)
        packet.pts = packet.dts = times[frame]
        packet.duration = times[frame + 1] - times[frame]
        packet.stream = video
        yield times[frame] * MILLISECOND, packet
        frame += 1
    if frame != len(source):
        raise PackageError(f"the segments hold {frame} of {len(source)} frames", remedy=_AGAIN)


def _frame_times(source: ClipInfo, offset: Fraction) -> list[int]:
    """Milliseconds of every frame and of the end, at least one apart."""
    times: list[int] = []
    for pts in (*source.pts, source.end_pts):
        rounded = milliseconds(int(pts) * source.time_base + offset)
        times.append(max(rounded, times[-1] + 1) if times else rounded)
    return times


def _segment_packets(segments: Sequence[Path]) -> Iterator[Packet[Any]]:
    layouts = set()
    for segment in segments:
        with opened(segment) as container:
            stream = plate_stream(container, segment)
            layouts.add((stream.width, stream.height, stream.codec_context.extradata))
            if len(layouts) > 1:
                raise PackageError("this segment is encoded unlike the first", where=str(segment), remedy=_AGAIN)
            yield from (packet for packet in container.demux(stream) if packet.size)


def _mux(master: OutputContainer, runs: Sequence[Iterator[_Timed]]) -> None:
    """Write all runs of packets, each in order of time, in one such order."""
    for _, packet in heapq.merge(*runs, key=lambda timed: timed[0]):
        master.mux(packet)


_AGAIN = "Delete the segments and run the same command again."
