"""Small synthetic clips for the tests of reading: every frame differs from every other, and moves."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream

from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import PixelFormat, Plane
from cleanplate.media.repack import to_video_frame

SIZE = (48, 64)


def smooth_planes(fmt: PixelFormat, index: int, size: tuple[int, int] = SIZE) -> tuple[Plane, ...]:
    """Moving waves with some grain, over the format's whole legal range; different in every frame."""
    rng = np.random.default_rng(index)
    planes = []
    for n in range(fmt.components):
        height, width = fmt.plane_shape(n, *size)
        y, x = np.mgrid[:height, :width]
        wave = 0.5 + 0.35 * np.sin((x + 3 * index * (n + 1)) / 7 + y / 5 + n)
        noisy = wave + rng.normal(0, 0.02, wave.shape)
        planes.append((np.clip(noisy, 0.07, 0.91) * fmt.peak).astype(fmt.dtype))
    return tuple(planes)


def write_clip(
    path: Path,
    codec: str = "libx264",
    fmt: str = "yuv420p",
    *,
    count: int = 12,
    size: tuple[int, int] = SIZE,
    rate: Fraction = Fraction(25),
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    options: dict[str, str] | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    setup: Callable[[VideoStream], None] | None = None,
    frame_setup: Callable[[av.VideoFrame], None] | None = None,
    metadata: dict[str, str] | None = None,
) -> list[tuple[Plane, ...]]:
    """Encode `count` frames and return the planes that went in.

    Args:
        times: pts of each frame in `time_base` (default 1/rate), default 0, 1, 2 ...
        setup: last touches on the stream before it opens; `frame_setup` on every frame.
    """
    source = pixel_format(fmt)
    written = []
    with av.open(str(path), "w", format=container, options=container_options or {}) as out:
        out.metadata.update(metadata or {})
        stream: Any = out.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = size
        stream.pix_fmt = fmt
        stream.time_base = stream.codec_context.time_base = time_base or 1 / rate
        if setup:
            setup(stream)
        for index in range(count):
            planes = smooth_planes(source, index, size)
            frame = to_video_frame(planes, source, fmt)
            frame.pts = times[index] if times else index
            frame.time_base = stream.codec_context.time_base
            if frame_setup:
                frame_setup(frame)
            written.append(planes)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return written


def remux(source: Path, target: Path, edit: Callable[[list[Any]], Iterable[Any]], **options: Any) -> None:
    """Copy the first video stream's packets through `edit` into another file."""
    with av.open(str(source)) as read, av.open(str(target), "w", **options) as out:
        stream = out.add_stream_from_template(read.streams.video[0])
        for packet in edit([p for p in read.demux(read.streams.video[0]) if p.size]):
            packet.stream = stream
            out.mux(packet)


def plain_decode(path: Path) -> list[tuple[int | None, tuple[np.ndarray, ...]]]:
    """(pts, raw bytes of the planes without padding) by PyAV alone, as an independent reading of the same file."""
    with av.open(str(path)) as container:
        return [(frame.pts, raw_planes(frame)) for frame in container.decode(video=0)]


def raw_planes(frame: av.VideoFrame) -> tuple[np.ndarray, ...]:
    """The planes' bytes as FFmpeg lays them out, cut to `width` samples of whole bytes."""
    planes = []
    for plane in frame.planes:
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        planes.append(lines[:, : plane.width * (2 if frame.format.components[0].bits > 8 else 1)].copy())
    return tuple(planes)
