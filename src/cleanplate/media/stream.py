"""The plate of a video file, frame by frame: in order, or from any frame on, by seeking to a key frame before it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import av
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from cleanplate.errors import InputError
from cleanplate.media.describe import ffmpeg_log
from cleanplate.media.door import opened, plate_stream
from cleanplate.media.ffv1_check import checksum_start, is_whole
from cleanplate.media.timeline import Packets

Packet: TypeAlias = "av.Packet[VideoStream]"

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_TS_PACKETS = (188, 192, 204)
_TELLING = 3
"""Packets that are looked at for checksums."""
_CUT_SHORT = ("ended prematurely", "partial file")


def read_packets(container: InputContainer, stream: VideoStream) -> Packets:
    """Times and flags of all the plate's packets, by demuxing to the end of the file without decoding."""
    rows: list[tuple[int, int, bool, bool, bool]] = []
    indexed = len(stream.index_entries) if "mp4" in container.format.name else 0  # other indexes hold key frames only
    last, corrupt, checksum = (0, 0), False, None
    with ffmpeg_log(av.logging.ERROR) as log:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            pts, dts = packet.pts, packet.dts
            rows.append(
                (pts or 0, (pts or 0) if dts is None else dts, pts is None, packet.is_keyframe, packet.is_discard)
            )
            if checksum is None and len(rows) <= _TELLING and stream.codec_context.name == "ffv1":
                checksum = checksum_start(bytes(packet))
            corrupt = packet.is_corrupt  # of the last one in the end; earlier ones show when they are decoded
            if pts is not None and not packet.is_discard and pts >= last[0]:
                last = (pts, packet.duration or 0)
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    cut = corrupt or len(rows) < indexed or any(sign in line[2] for line in log for sign in _CUT_SHORT)
    if container.format.name == "mpegts":
        cut |= all(container.size % cell for cell in _TS_PACKETS)
    return Packets(
        pts=table[:, 0],
        dts=table[:, 1],
        missing=table[:, 2].astype(bool),
        key=table[:, 3].astype(bool),
        discard=table[:, 4].astype(bool),
        last_duration=last[1],
        cut_short=cut,
        checksum=checksum,
    )


def decoder(stream: VideoStream) -> VideoCodecContext:
    """The stream's decoder, threaded; for VP8/VP9 with alpha libvpx's, since FFmpeg's own drops alpha."""
    context = stream.codec_context
    if context.name in _WITH_ALPHA and stream.metadata.get("alpha_mode") == "1":
        context = cast("VideoCodecContext", av.CodecContext.create(_WITH_ALPHA[context.name], "r"))
    context.thread_type = "AUTO"
    return context


def decoded(packets: Iterator[Packet], context: VideoCodecContext) -> Iterator[av.VideoFrame]:
    """Frames of a run of packets, the decoder's delay flushed at the end.

    Packets before the first that decodes are passed over: a recording may begin between two key frames.
    """
    begun = False
    for packet in itertools.chain(packets, (None,)):
        try:
            frames = context.decode(packet if packet is None or packet.size else None)
        except av.error.InvalidDataError:
            if begun:
                raise
            continue
        except av.error.EOFError:
            return
        begun |= bool(frames)
        yield from frames


def all_times(path: Path) -> list[int | None]:
    """Times that the decoder gives the frames, in presentation order, by decoding the whole file."""
    with opened(path) as container:
        stream = plate_stream(container, path)
        times: list[int | None] = []
        try:
            run = decoded((packet for packet in container.demux(stream) if packet.size), decoder(stream))
            times.extend(frame.pts for frame in run)
        except av.error.FFmpegError as error:
            raise _refusal(path, f"frame {len(times)} is damaged") from error
    return times


class _DamagedError(Exception):
    """The frame that is due is missing, or not what was encoded."""


def _refusal(path: Path, what: str) -> InputError:
    return InputError(what, where=str(path), remedy="Copy the file again from its source, or cut it before that.")


@dataclass(frozen=True, eq=False)
class VideoFile:
    """A video file whose presented frames are known.

    Attributes:
        packets: what `read_packets` found.
        times: pts of the presented frames as the decoder gives them; None where frames can only be counted.
    """

    path: Path
    packets: Packets
    times: np.ndarray[tuple[int], np.dtype[np.int64]] | None
    count: int

    def frames(self, start: int, stop: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """(index, frame) of the presented frames start..stop-1, in order.

        Raises:
            InputError: a frame is missing or damaged; it names the frame.
        """
        expected = start
        try:
            for frame in self._from(start) if start < stop else ():
                if frame.is_corrupt:
                    raise _DamagedError
                yield expected, frame
                expected += 1
                if expected == stop:
                    return
        except (_DamagedError, av.error.FFmpegError) as error:
            raise _refusal(self.path, f"frame {expected} of {self.count} is damaged") from error
        if expected < stop:
            raise _refusal(self.path, f"the file ends early at frame {expected} of {self.count}")

    def _from(self, start: int) -> Iterator[av.VideoFrame]:
        """Frames from `start` on; their times are checked against the timeline one by one."""
        if self.times is None:
            yield from itertools.islice(self._run(None), start, None)
            return
        for key in self._entries(start):
            run = self._run(key)
            try:
                first = next((frame for frame in run if frame.pts is not None and frame.pts >= self.times[start]), None)
            except (_DamagedError, av.error.FFmpegError):
                if key is None:
                    raise
                continue
            if first is None or first.pts != self.times[start] or (first.is_corrupt and key is not None):
                continue
            for index, frame in enumerate(itertools.chain((first,), run), start):
                if index >= self.count:
                    return
                if frame.pts != self.times[index]:
                    raise _DamagedError
                yield frame
            return
        raise _DamagedError

    def _entries(self, start: int) -> Iterator[int | None]:
        """Key packets to try: the nearest, an earlier one, then the beginning of the file (None)."""
        assert self.times is not None  # noqa: S101
        keys = self.packets.keys_before(int(self.times[start]))
        yield from (int(key) for key in keys[:2] if key > 0)
        yield None

    def _run(self, key: int | None) -> Iterator[av.VideoFrame]:
        """All frames that the decoder gives from one key packet on."""
        broken: set[int | None] = set()
        with opened(self.path) as container:
            stream = plate_stream(container, self.path)
            packets = self._checked(self._packets(container, stream, key), broken)
            for frame in decoded(packets, decoder(stream)):
                if frame.pts in broken:
                    raise _DamagedError
                yield frame

    def _checked(self, packets: Iterator[Packet], broken: set[int | None]) -> Iterator[Packet]:
        """The packets, unchanged; times of those that fail their own checksums are added to `broken`."""
        for packet in packets:
            if self.packets.checksum is not None and not is_whole(bytes(packet), self.packets.checksum):
                broken.add(packet.pts)
            yield packet

    def _packets(self, container: InputContainer, stream: VideoStream, key: int | None) -> Iterator[Packet]:
        if key is None:
            yield from (packet for packet in container.demux(stream) if packet.size)
            return
        pts, dts = int(self.packets.pts[key]), int(self.packets.dts[key])
        container.seek(min(pts, dts), stream=stream, backward=True)
        found = False
        for packet in container.demux(stream):
            found = found or (packet.pts == pts and packet.is_keyframe)
            if found and packet.size:
                yield packet
            elif packet.dts is not None and packet.dts > dts:
                return
