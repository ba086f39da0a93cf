"""Plates of every format, and their samples, written and read by PyAV, OpenEXR and numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenEXR

Samples = list[np.ndarray]
"""One frame: a two-dimensional array for each component."""


@dataclass(frozen=True)
class Kind:
    """How a plate is stored. That lossy codecs change its noise does no harm.

    Attributes:
        above: luma rows above its own two that a chroma sample is made from: one where it is sited at the top.
    """

    suffix: str
    codec: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)
    above: int = 0

    @property
    def is_exact_in_time(self) -> bool:
        """Whether the container takes varying times and sound as they are asked for."""
        return self.suffix == "mkv"


_PQ = {"x265-params": "log-level=none:colorprim=9:transfer=16:colormatrix=9:chromaloc=2"}
KINDS = {
    "yuv420p left": Kind("mkv", "libx264", "yuv420p", {"x264-params": "chromaloc=0"}),
    "yuv420p centre": Kind("mkv", "libx264", "yuv420p", {"x264-params": "chromaloc=1"}),
    "yuv422p10le": Kind("mkv", "ffv1", "yuv422p10le"),
    "yuv422p10le prores": Kind("mov", "prores_ks", "yuv422p10le"),
    "yuv444p12le": Kind("mkv", "ffv1", "yuv444p12le"),
    "gray": Kind("mkv", "ffv1", "gray"),
    "gray12": Kind("mkv", "ffv1", "gray12le"),
    "gbrp": Kind("nut", "rawvideo", "gbrp"),
    "yuvj420p": Kind("avi", "mjpeg", "yuvj420p"),
    "nv12 nut": Kind("nut", "rawvideo", "nv12"),
    "nv12 avi": Kind("avi", "rawvideo", "nv12"),
    "yuv420p10le PQ": Kind("mkv", "libx265", "yuv420p10le", _PQ, above=1),
}


def write_noise(
    path: Path, kind: Kind, size: tuple[int, int], frames: int, *, times: Sequence[int] | None, sound: bool
) -> None:
    """A plate of moving noise; `times` in milliseconds."""
    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(kind.codec, rate=Fraction(25), options=dict(kind.options))
        stream.height, stream.width, stream.pix_fmt = *size, kind.pixels
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        audio: Any = out.add_stream("pcm_s16le", rate=8000, layout="mono") if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, number, axis=1), "rgb24").reformat(format=kind.pixels)
            frame.pts = times[number] if times else number
            frame.time_base = Fraction(1, 1000) if times else Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            wave = av.AudioFrame.from_ndarray(rng.integers(-900, 900, (1, 1600), dtype=np.int16), "s16", "mono")
            wave.sample_rate = 8000
            out.mux([*audio.encode(wave), *audio.encode(None)])


def write_floats(folder: Path, size: tuple[int, int], frames: int, dtype: Any) -> None:
    """An EXR sequence with an extra channel that is no colour."""
    folder.mkdir()
    rng = np.random.default_rng(6)
    for number in range(frames):
        channels = {name: rng.normal(1, 3, size).astype(dtype) for name in ("R", "G", "B")}
        channels["depth.Z"] = rng.random(size).astype(np.float32)
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, channels).write(str(folder / f"plate.{number:04d}.exr"))


def read_video(path: Path) -> tuple[list[Fraction], list[Samples]]:
    """Seconds and samples of all frames, as FFmpeg decodes them."""
    with av.open(str(path)) as container:
        frames: list[Any] = list(container.decode(video=0))
    return [frame.pts * frame.time_base for frame in frames], [_samples(frame) for frame in frames]


def read_floats(folder: Path) -> list[dict[str, np.ndarray]]:
    """Channels of all frames by their names."""
    return [
        {name: channel.pixels for name, channel in OpenEXR.File(str(path), separate_channels=True).channels().items()}
        for path in sorted(folder.glob("*.exr"))
    ]


def read_sound(path: Path) -> list[bytes]:
    """The packets of the first audio stream."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def _samples(frame: Any) -> Samples:
    """Components in the order Y Cb Cr or R G B."""
    name = frame.format.name
    if name == "nv12":
        luma, chroma = (_plane(frame, n, 1 + n) for n in range(2))
        return [luma[..., 0], chroma[..., 0], chroma[..., 1]]
    if name in ("bgr0", "bgra"):
        return [_plane(frame, 0, 4)[..., n] for n in (2, 1, 0)]
    planes = [_plane(frame, n, 1)[..., 0] for n in range(len(frame.planes))]
    return [planes[n] for n in (2, 0, 1)] if name.startswith("gbrp") else planes


def _plane(frame: Any, number: int, interleaved: int) -> np.ndarray:
    """Height x width x interleaved samples of one plane, without padding."""
    plane = frame.planes[number]
    dtype = np.dtype("<u2" if frame.format.components[0].bits > 8 else np.uint8)
    rows = np.frombuffer(plane, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
    return rows[:, : plane.width * interleaved].reshape(plane.height, plane.width, interleaved)
