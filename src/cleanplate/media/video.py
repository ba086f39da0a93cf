"""Opening a video file: its packets, its first frame, and from them its `ClipInfo` and a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cleanplate.errors import InputError, UsageError
from cleanplate.media import describe
from cleanplate.media.door import local_file, opened, plate_stream
from cleanplate.media.formats import packing
from cleanplate.media.frame import Plane
from cleanplate.media.limits import Limits
from cleanplate.media.probe import ClipInfo
from cleanplate.media.repack import planes_from
from cleanplate.media.stream import VideoFile, all_times, decoded, decoder, read_packets
from cleanplate.media.timeline import Packets, gap_warning, mended

_FIELD_PACKETS = ("mpegts", "mpeg", "mpegvideo", "h264", "hevc")
_FALLBACK_RATE = Fraction(25)


@dataclass(frozen=True)
class VideoReader:
    """Canonical planes of a video file's frames."""

    file: VideoFile
    info: ClipInfo

    def __call__(self, start: int, stop: int) -> Iterator[tuple[int, tuple[Plane, ...]]]:
        """(index, planes) of frames start..stop-1.

        Raises:
            InputError: a frame is damaged, missing, or of another size or format than the first.
        """
        expected = (self.info.width, self.info.height, self.info.format.name)
        for index, frame in self.file.frames(start, stop):
            if (frame.width, frame.height, frame.format.name) != expected:
                raise InputError(
                    f"the picture changes from {_shape(*expected)} "
                    f"to {_shape(frame.width, frame.height, frame.format.name)} at frame {index}",
                    where=str(self.info.path),
                    remedy="Cut the clip there and edit the parts one by one.",
                )
            yield index, planes_from(frame)


def _shape(width: int, height: int, name: str) -> str:
    return f"{width}x{height} {name}"


def open_video(path: Path, rate: Fraction | None, limits: Limits) -> tuple[ClipInfo, VideoReader]:
    """Probe a video file.

    Raises:
        InputError: not a local video that can be read whole and exactly.
        UsageError: a rate is given for a file that has times of its own.
    """
    local_file(path)
    with opened(path) as container:
        stream = plate_stream(container, path)
        limits.check_size(stream.codec_context.width, stream.codec_context.height, str(path))
        packets = read_packets(container, stream)
    first = _first_frame(path, len(packets.pts))
    limits.check_size(first.width, first.height, str(path))
    with opened(path) as container:
        stream = plate_stream(container, path)
        file, timing = _timeline(path, packets, first, stream, rate)
        info = _info(path, container, stream, first, timing)
    limits.check_length(len(info), info.duration, str(path))
    if packets.cut_short:
        raise InputError(
            f"the file is cut short: it ends early at frame {len(info)} ({float(info.duration):.2f} s)",
            where=str(path),
            remedy="Copy it again from its source.",
        )
    return info, VideoReader(file, info)


@dataclass(frozen=True, eq=False)
class _Timing:
    pts: NDArray[np.int64]
    end_pts: int
    rate: Fraction
    time_base: Fraction
    warnings: tuple[str, ...]


def _first_frame(path: Path, packets: int) -> av.VideoFrame:
    """The first frame that decodes; it knows more than the container (true format, matrix, tags)."""
    with opened(path) as container:
        stream = plate_stream(container, path)
        run = decoded((packet for packet in container.demux(stream) if packet.size), decoder(stream))
        try:
            frame = next(run, None)
        except av.error.FFmpegError as error:
            raise InputError("its first frame cannot be decoded", where=str(path), remedy="Export it again.") from error
        if frame is None:
            what = "none of its frames can be decoded" if packets else "the video has no frames"
            raise InputError(what, where=str(path), remedy="Export it again.")
        return frame


def _timeline(
    path: Path, packets: Packets, first: av.VideoFrame, stream: VideoStream, rate: Fraction | None
) -> tuple[VideoFile, _Timing]:
    """Which frames are presented and when: from packets where they tell, otherwise by decoding the clip once."""
    warnings: list[str | None] = []
    nominal = rate or describe.nominal_rate(stream) or _FALLBACK_RATE
    time_base = stream.time_base or 1 / nominal
    if _packets_tell(packets, stream):
        if rate is not None:
            raise UsageError("the file has times of its own", where=str(path), remedy="Leave out the rate.")
        pts = packets.presented
        lost = int(np.searchsorted(pts, first.pts or 0))
        if lost:
            warnings.append(f"the first {lost} frames need pictures from before the cut; the clip begins after them")
        pts = pts[lost:]
        file = VideoFile(path, packets, pts, len(pts))
    else:
        pts, warning = mended(all_times(path), nominal, time_base)
        warnings.append(warning)
        file = VideoFile(path, packets, None, len(pts))
    warnings.append(gap_warning(pts, time_base))
    end = int(pts[-1]) + (packets.last_duration or max(1, round(1 / (nominal * time_base))))
    return file, _Timing(pts, end, nominal, time_base, tuple(filter(None, warnings)))


def _packets_tell(packets: Packets, stream: VideoStream) -> bool:
    """False where a packet may hold a single field, or a frame that is never shown (VP8's alternate references)."""
    context = stream.codec_context
    by_field = int(context.field_order) > 1 and stream.container.format.name in _FIELD_PACKETS
    return packets.tells_order and not by_field and context.name != "vp8"


def _info(
    path: Path, container: InputContainer, stream: VideoStream, first: av.VideoFrame, timing: _Timing
) -> ClipInfo:
    fmt = packing(first.format.name, str(path)).format
    dump = describe.Dump.of(container, stream)
    rotation, turned = describe.rotation(first)
    interlaced, field_order = describe.fields(first, stream)
    notes = [
        turned,
        "the clip is interlaced; its frames are edited as they are, both fields together" if interlaced else None,
        "the file holds several videos; the first is the plate" if len(container.streams.video) > 1 else None,
    ]
    return ClipInfo(
        path=path,
        files=(path,),
        is_sequence=False,
        codec=stream.codec_context.codec.canonical_name,
        profile=stream.codec_context.profile,
        container=container.format.name,
        height=first.height,
        width=first.width,
        format=fmt,
        colour=describe.colour_tags(first, fmt, dump.siting, stream.codec_context),
        time_base=timing.time_base,
        pts=timing.pts,
        end_pts=timing.end_pts,
        rate=timing.rate,
        rotation=rotation,
        sample_aspect=Fraction(stream.sample_aspect_ratio or 1),
        clean_aperture=describe.aperture(dump, first.width, first.height),
        interlaced=interlaced,
        field_order=field_order,
        warnings=(*timing.warnings, *filter(None, notes)),
        streams=describe.streams(container),
        chapters=describe.chapters(container),
        timecode=describe.timecode(container, stream),
        metadata=dict(container.metadata),
        video_index=stream.index,
    )
