"""Small clips on disk, with their layer and composite, made the way the pipeline makes them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from cleanplate.edit.composite import composite_planes, siting_of
from cleanplate.edit.layer import Layer, LayerWriter, layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Plane, Siting
from cleanplate.media.join import JoinResult, join_master

BOX = (5, 6, 18, 22)
"""Where the made-up edits lie: y0, x0, y1, x1."""
Leak = tuple[int, int, int, int]
"""Frame, plane, row, column."""


@dataclass
class Made:
    """A plate and what was made of it."""

    plate: Clip
    layer: Layer
    composite: Clip
    joined: JoinResult


def write_plate(
    path: Path, name: str = "yuv420p", frames: int = 8, height: int = 27, width: int = 33, *,
    pts: list[int] | None = None, siting: Siting = Siting.LEFT, audio: bool = False,
) -> Path:  # fmt: skip
    """An FFV1 clip of smooth noise; `pts` are milliseconds, for a varying rate."""
    fmt, rng = pixel_format(name), np.random.default_rng(7)
    video = path.with_name("video-only.mkv") if audio else path
    tags = ColourTags("bt709", "bt709", "bt709", "limited", siting if fmt.sub_x or fmt.sub_y else None)
    with Ffv1Writer(video, fmt, height, width, colour=tags, time_base=Fraction(1, 1000), rate=Fraction(25)) as writer:
        for n in range(frames):
            shapes = [fmt.plane_shape(c, height, width) for c in range(fmt.components)]
            planes = [rng.integers(0, fmt.peak, shape, endpoint=True).astype(fmt.dtype) for shape in shapes]
            writer.write(planes, pts[n] if pts else 40 * n)
    if audio:
        _add_audio(video, path)
        video.unlink()
    return path


def _add_audio(video: Path, out: Path) -> None:
    with av.open(str(video)) as source, av.open(str(out), "w", format="matroska") as target:
        copied = target.add_stream_from_template(source.streams.video[0])
        sound = target.add_stream("pcm_s16le", rate=8000, layout="mono")
        for packet in source.demux(video=0):
            if packet.pts is not None:
                packet.stream = copied
                target.mux(packet)
        samples = np.arange(2400, dtype=np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.pts = 8000, 0
        target.mux(sound.encode(frame))
        target.mux(sound.encode(None))


def patch_on(clip: Clip, frame: int) -> Patch:
    """A made-up patch in `BOX`, another one on every frame."""
    rng, layer = np.random.default_rng(frame), layer_format(clip.info.format)
    y0, x0, y1, x1 = BOX
    shape = (y1 - y0, x1 - x0, layer.components)
    if layer.is_float:
        colour = rng.normal(0.5, 0.2, shape).astype(layer.dtype)
    else:
        colour = rng.integers(0, layer.peak, shape, endpoint=True).astype(layer.dtype)
    alpha = rng.integers(1, ALPHA_PEAK, shape[:2], endpoint=True).astype(np.uint16)
    alpha[rng.random(alpha.shape) < 0.3] = 0
    alpha[0, 0] = alpha[-1, -1] = ALPHA_PEAK
    return Patch(y0, x0, colour, alpha)


def make(plate: Path, folder: Path, covered: range = range(2, 6), *, leak: Leak | None = None) -> Made:
    """Layer and composite of a file."""
    return compose(Clip.open(plate), folder, covered, leak=leak)


def compose(clip: Clip, folder: Path, covered: range, *, leak: Leak | None = None) -> Made:
    """Layer and composite of a clip; a leak changes one sample of the composite on top."""
    info = clip.info
    with LayerWriter(folder / "layer", info, segment=3) as writer:
        for n in covered:
            writer.write(n, [patch_on(clip, n)])
        layer = writer.close()
    segment = folder / "segment.mkv"
    with Ffv1Writer(
        segment, info.format, info.height, info.width, colour=info.colour, time_base=info.time_base, rate=info.rate,
        sample_aspect=info.sample_aspect, rotation=info.rotation,
    ) as out:  # fmt: skip
        for frame in clip.frames():
            planes = composite_planes(frame.planes, layer.patches(frame.index), info.format, siting_of(info))
            out.write(_leaked(planes, frame.index, leak), frame.pts)
    joined = join_master([segment], info, folder / "composite.mkv", folder / "extra")
    segment.unlink()
    return Made(clip, layer, Clip.open(folder / "composite.mkv"), joined)


def _leaked(planes: tuple[Plane, ...], frame: int, leak: Leak | None) -> tuple[Plane, ...]:
    if leak is None or leak[0] != frame:
        return planes
    changed = [np.array(plane) for plane in planes]
    changed[leak[1]][leak[2], leak[3]] ^= 1
    return tuple(changed)
