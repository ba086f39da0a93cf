"""From FFmpeg's description of a stream to ours: colour tags, rotation, aspect, fields, other streams."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.codec.context import CodecContext
from av.container import InputContainer
from av.sidedata.sidedata import SideData, Type
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from cleanplate.media.frame import ColourTags, Family, PixelFormat, Siting
from cleanplate.media.probe import Chapter, StreamInfo

# Code points of ITU-T H.273, under FFmpeg's names.
_MATRIX = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc",
    10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc", 13: "chroma-derived-c", 14: "ictcp", 15: "ipt-c2",
    16: "ycgco-re", 17: "ycgco-ro",
}  # fmt: skip
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020", 10: "smpte428",
    11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_TRANSFER = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100", 10: "log316",
    11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084",
    17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_RANGE = {1: "limited", 2: "full"}
_FIELD_ORDERS = {1: "progressive", 2: "tt", 3: "bb", 4: "tb", 5: "bt"}
_logging = threading.Lock()


@contextmanager
def ffmpeg_log(level: int) -> Iterator[list[tuple[int, str, str]]]:
    """What FFmpeg logs on this thread; for its own demuxers only, since decoder threads must not wait for Python."""
    with _logging:
        before = av.logging.get_level()
        av.logging.set_level(level)
        try:
            with av.logging.Capture() as lines:
                yield lines
        finally:
            av.logging.set_libav_level(av.logging.INFO)  # FFmpeg's default
            av.logging.set_level(before)


@dataclass(frozen=True)
class Dump:
    """What FFmpeg prints about the plate and PyAV does not expose."""

    siting: Siting | None
    cropping: tuple[int, int, int, int] | None  # left, right, top, bottom

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream) -> Dump:
        with ffmpeg_log(av.logging.VERBOSE):
            av.logging.set_libav_level(av.logging.VERBOSE)  # below it, FFmpeg leaves the chroma siting out
            text: str = container.dumps_format()  # type: ignore[attr-defined]  # missing from PyAV's stubs
        sections = re.split(r"^ {2}Stream #0:(\d+)", text, flags=re.MULTILINE)
        section = dict(zip(sections[1::2], sections[2::2], strict=True)).get(str(stream.index), "")
        head = section.split("\n", 1)[0]
        siting = next((site for site in Siting if re.search(rf"[(,] ?{site.value}[,)]", head)), None)
        crop = re.search(r"rame [Cc]ropping: (\d+)/(\d+)/(\d+)/(\d+)", section)
        left, right, top, bottom = map(int, crop.groups()) if crop else (0, 0, 0, 0)
        return cls(siting, (left, right, top, bottom) if crop else None)


def colour_tags(
    frame: av.VideoFrame, fmt: PixelFormat, siting: Siting | None, codec: VideoCodecContext | None = None
) -> ColourTags:
    """The tags of the first frame, or where it is silent of the stream's codec."""

    def name(names: dict[int, str], of_frame: int, field: str) -> str:
        return names.get(int(of_frame)) or names.get(int(getattr(codec, field, -1))) or "unknown"

    matrix = name(_MATRIX, frame.colorspace, "colorspace")
    sample_range = name(_RANGE, frame.color_range, "color_range")
    if fmt.name.startswith("yuvj") or (fmt.family is Family.RGB and sample_range == "unknown"):
        sample_range = "full"
    if (fmt.family is Family.RGB) != (matrix == "gbr"):  # GBR is code 0, and means nothing for YUV
        matrix = "gbr" if fmt.family is Family.RGB else "unknown"
    return ColourTags(
        matrix=matrix,
        primaries=name(_PRIMARIES, frame.color_primaries, "color_primaries"),
        transfer=name(_TRANSFER, frame.color_trc, "color_trc"),
        range=sample_range,
        siting=siting if fmt.sub_x or fmt.sub_y else None,
    )


def rotation(frame: av.VideoFrame) -> tuple[int, str | None]:
    """Clockwise degrees from the display matrix, and a warning for a matrix that does more than turn by quarters."""
    degrees = -frame.rotation  # PyAV cuts the fraction off
    quarter = round(degrees / 90) * 90
    if _mirrors(frame):
        return 0, "the file asks players to mirror the picture; that is ignored"
    if abs(degrees - quarter) > 1:
        return 0, f"the file asks players to turn the picture by about {degrees} degrees; that is ignored"
    return quarter % 360, None


def _mirrors(frame: av.VideoFrame) -> bool:
    """True when the display matrix (x, y) -> (a x + c y, b x + d y) turns the picture over."""
    try:
        found = [data for data in cast("Iterable[SideData]", frame.side_data) if data.type == Type.DISPLAYMATRIX]
    except ValueError:  # PyAV 18.1 has no name for EXIF, and then hands out no side data at all
        return False
    matrices = [np.frombuffer(memoryview(data), "<i4").astype(float) for data in found]
    return any(m[0] * m[4] - m[1] * m[3] < 0 for m in matrices)


def fields(frame: av.VideoFrame, stream: VideoStream) -> tuple[bool, str]:
    """(interlaced, field order)."""
    order = _FIELD_ORDERS.get(int(stream.codec_context.field_order), "unknown")
    interlaced = bool(frame.interlaced_frame) or order in ("tt", "bb", "tb", "bt")
    return interlaced, order if interlaced or order != "unknown" else "progressive"


def aperture(dump: Dump, width: int, height: int) -> tuple[int, int, int, int] | None:
    """(x, y, width, height) that the container's cropping leaves, or None."""
    if dump.cropping is None or not any(dump.cropping):
        return None
    left, right, top, bottom = dump.cropping
    shown = (left, top, width - left - right, height - top - bottom)
    return shown if shown[2] > 0 and shown[3] > 0 else None


def streams(container: InputContainer) -> tuple[StreamInfo, ...]:
    """Every stream of the container."""
    return tuple(
        StreamInfo(
            index=stream.index,
            kind=stream.type,
            codec=_codec_name(stream),
            language=stream.metadata.get("language"),
            disposition=tuple(flag.name or "" for flag in av.stream.Disposition if stream.disposition & flag),
        )
        for stream in container.streams
    )


def _codec_name(stream: Stream) -> str:
    context: CodecContext | None = stream.codec_context  # data streams have none, whatever the stubs say
    return context.name if context is not None else "unknown"


def chapters(container: InputContainer) -> tuple[Chapter, ...]:
    """The container's chapters, in seconds."""
    return tuple(
        Chapter(mark["start"] * unit, mark["end"] * unit, mark["metadata"].get("title", ""))
        for mark in container.chapters()
        if (unit := mark["time_base"])
    )


def timecode(container: InputContainer, stream: VideoStream) -> str | None:
    """The first frame's timecode: from the plate, a timecode track, or the container."""
    sources = [stream.metadata, *(s.metadata for s in container.streams if s.type == "data"), container.metadata]
    named = ((name.lower(), value) for tags in sources for name, value in tags.items())  # Matroska's are in capitals
    return next((value for name, value in named if name == "timecode"), None)


def nominal_rate(stream: VideoStream) -> Fraction | None:
    """Frames a second as the container or codec states them; None when they do not."""
    stated = (stream.guessed_rate, stream.average_rate, stream.base_rate)
    return next((Fraction(rate) for rate in stated if rate and 0 < rate <= 1000), None)
