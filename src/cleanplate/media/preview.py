"""H.264 for looking: upright, square pixels, 8-bit BT.709, at the source's times, with its first sound."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cleanplate.files import atomic, disk_errors
from cleanplate.media.colour import picture
from cleanplate.media.container import bitexact_container, durations, lasting
from cleanplate.media.door import opened
from cleanplate.media.frame import ColourTags, Frame
from cleanplate.media.probe import ClipInfo
from cleanplate.media.tagging import colour_options

_TAGS = colour_options(ColourTags("bt709", "bt709", "bt709", "limited"))
# One thread count, so that the bytes do not depend on the machine.
_QUALITY = {"preset": "veryfast", "crf": "20", "threads": "4", "flags": "+bitexact"}
_SOUND_RATE = 48000
_Timed = tuple[Fraction, "av.Packet[Any]"]


def write_preview(
    frames: Iterable[Frame], info: ClipInfo, out: Path, *, widest: int = 1280, sound: bool = True
) -> None:
    """Write all frames of a clip as an MP4 that starts at its first frame and plays while it loads.

    Args:
        widest: the longer side is at most this many pixels.
        sound: take the source's first sound along; AAC is copied, anything else becomes AAC.
    Raises:
        ResourceError: the disk is full, or may not be written to.
    """
    with (
        disk_errors(out),
        atomic(out) as partial,
        bitexact_container(partial, "mp4", movflags="+faststart") as file,
    ):
        start = int(info.pts[0]) * info.time_base
        runs = [_video_packets(file, frames, info, preview_size(info, widest))]
        if sound and (stream := _first_sound(info)) is not None:
            runs.append(_sound_packets(file, info.path, stream, start))
        for _, packet in heapq.merge(*runs, key=lambda timed: timed[0]):
            file.mux(packet)


def preview_size(info: ClipInfo, widest: int) -> tuple[int, int]:
    """(width, height) as displayed, both even, the longer side at most `widest`."""
    width, height = info.display_size
    share = min(Fraction(1), Fraction(widest, max(width, height)))
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def upright(frame: Frame, info: ClipInfo, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture as a player shows it, H x W x 3 RGB: clean aperture, sample aspect and rotation; (width, height)."""
    width, height = size if info.rotation % 180 == 0 else size[::-1]
    left, top, shown_width, shown_height = info.clean_aperture or (0, 0, info.width, info.height)
    across, down = width / shown_width, height / shown_height
    whole = picture(frame, info, (max(1, round(info.height * down)), max(1, round(info.width * across))))
    y, x = round(top * down), round(left * across)
    cropped = whole[y : y + height, x : x + width]
    if cropped.shape[:2] != (height, width):
        cropped = cast("NDArray[np.uint8]", cv2.resize(cropped, (width, height), interpolation=cv2.INTER_AREA))
    return np.ascontiguousarray(np.rot90(cropped, -info.rotation // 90))


def _video_packets(
    file: OutputContainer, frames: Iterable[Frame], info: ClipInfo, size: tuple[int, int]
) -> Iterator[_Timed]:
    stream = file.add_stream("libx264", rate=info.rate, options=_QUALITY | _TAGS)
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    stream.codec_context.time_base = info.time_base
    return _encoded_pictures(stream, frames, info, size)


def _encoded_pictures(
    stream: VideoStream, frames: Iterable[Frame], info: ClipInfo, size: tuple[int, int]
) -> Iterator[_Timed]:
    lengths = durations(info)
    for frame in frames:
        image = av.VideoFrame.from_ndarray(upright(frame, info, size), format="rgb24").reformat(
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        image.pts, image.time_base = int(info.pts[frame.index] - info.pts[0]), info.time_base
        yield from _timed(lasting(stream.encode(image), lengths))
    yield from _timed(lasting(stream.encode(None), lengths))


def _timed(packets: Iterable[av.Packet[Any]]) -> Iterator[_Timed]:
    for packet in packets:
        yield (packet.dts or 0) * (packet.time_base or Fraction(1)), packet


def _first_sound(info: ClipInfo) -> int | None:
    return next((stream.index for stream in info.streams if stream.kind == "audio"), None)


def _sound_packets(file: OutputContainer, path: Path, index: int, start: Fraction) -> Iterator[_Timed]:
    """Sound from the first frame on; `start` is that frame's time in the source."""
    with opened(path) as source:
        sound = cast("AudioStream", source.streams[index])
        copied = sound.codec_context.codec.canonical_name == "aac" and sound.codec_context.extradata is not None
        if copied:
            return _copied(path, index, file.add_stream_from_template(sound, opaque=True), start)
        stream = file.add_stream("aac", rate=_SOUND_RATE, options={"flags": "+bitexact"})
        stream.codec_context.layout = "stereo" if sound.codec_context.layout.nb_channels > 1 else "mono"
        return _encoded_sound(path, index, stream, start)


def _copied(path: Path, index: int, stream: AudioStream, start: Fraction) -> Iterator[_Timed]:
    with opened(path) as source:
        for packet in source.demux(source.streams[index]):
            if packet.size and packet.pts is not None:
                unit = packet.time_base or Fraction(1)
                packet.pts = packet.dts = packet.pts - round(start / unit)
                if packet.pts + (packet.duration or 0) > 0:
                    packet.stream = stream
                    yield packet.pts * unit, packet


def _encoded_sound(path: Path, index: int, stream: AudioStream, start: Fraction) -> Iterator[_Timed]:
    context = stream.codec_context
    resampler = av.AudioResampler(format="fltp", layout=context.layout, rate=_SOUND_RATE)
    with opened(path) as source:
        for frame in source.decode(source.streams[index]):
            if not isinstance(frame, av.AudioFrame) or frame.pts is None:
                continue
            frame.pts -= round(start / (frame.time_base or Fraction(1)))
            for piece in resampler.resample(frame):
                if (piece.pts or 0) >= 0:
                    yield from _timed(stream.encode(piece))
    for piece in resampler.resample(None):
        yield from _timed(stream.encode(piece))
    yield from _timed(stream.encode(None))
