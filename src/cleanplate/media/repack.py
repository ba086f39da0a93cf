"""Between FFmpeg's frames, however packed, and canonical planes. Lossless both ways; planar data is not copied."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.media.formats import PACKINGS, Component, Packing, packing
from cleanplate.media.frame import PixelFormat, Plane


def storage_format(fmt: PixelFormat) -> str:
    """Name of the FFV1 pixel format that holds `fmt` exactly.

    Raises:
        InputError: for floats, which FFV1 does not hold, and formats outside the table.
    """
    if fmt.is_float:
        raise InputError(
            f"'{fmt.name}' samples cannot be stored as FFV1", remedy="Float plates are written as EXR sequences."
        )
    return packing(fmt.name).storage


def planes_from(frame: av.VideoFrame) -> tuple[Plane, ...]:
    """Canonical planes of a decoded frame, read-only; planar formats are views of the frame's own memory.

    Raises:
        InputError: the format is not in the table, or bits that must be zero are not.
    """
    row = packing(frame.format.name)
    if any(plane.line_size < 0 for plane in frame.planes):
        frame = _upright(frame)
    planes = _expanded(frame, row) if row.expands else tuple(_read(frame, row, n) for n in range(len(row.components)))
    for plane in planes:
        plane.setflags(write=False)
    return planes


def to_video_frame(planes: Sequence[Plane], fmt: PixelFormat, storage: str) -> av.VideoFrame:
    """A frame in FFmpeg's format `storage` that holds the samples of canonical `planes`.

    Raises:
        ValueError: `storage` cannot hold `fmt` bit for bit.
    """
    row = PACKINGS[storage]
    held = (row.format.family, row.format.depth, row.format.sub_x, row.format.sub_y, row.format.components)
    if row.expands or fmt.is_float or held != (fmt.family, fmt.depth, fmt.sub_x, fmt.sub_y, fmt.components):
        raise ValueError(f"{storage} cannot hold {fmt.name} exactly")
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, storage)
    if _has_gaps(row):
        for plane in frame.planes:
            _bytes_of(plane)[...] = 0
    for n, samples in enumerate(planes):
        view = _view(frame, row, n)
        if row.shares_words:
            view |= samples << row.components[n].shift
        else:
            view[...] = samples << row.components[n].shift if row.components[n].shift else samples
    return frame


def _has_gaps(row: Packing) -> bool:
    """True when some bytes belong to no component, so that fresh memory must be cleared for repeatable bytes."""
    used: dict[int, float] = {}
    for component in set(row.components):
        used[component.plane] = used.get(component.plane, 0) + row.word / component.step
    return row.shares_words or any(share < 1 for share in used.values())


def _bytes_of(plane: VideoPlane) -> NDArray[np.uint8]:
    return np.frombuffer(memoryview(plane), np.uint8)


def _view(frame: av.VideoFrame, row: Packing, n: int) -> NDArray[Any]:
    """The words that hold component n, as a strided window on the frame's memory."""
    component: Component = row.components[n]
    plane = frame.planes[component.plane]
    dtype = np.dtype(f"{'>' if row.big_endian else '<'}u{row.word}")
    shape = row.format.plane_shape(n, frame.height, frame.width)
    strides = (plane.line_size, component.step)
    return np.ndarray(shape, dtype, buffer=_bytes_of(plane), offset=component.offset, strides=strides)


def _read(frame: av.VideoFrame, row: Packing, n: int) -> Plane:
    words, shift = _view(frame, row, n), row.components[n].shift
    if words.dtype.isnative and words.strides[1] == row.word and not shift:
        return words
    words = np.ascontiguousarray(words, dtype=row.format.dtype)
    if not shift and not row.shares_words:
        return words
    if not row.shares_words and (words & ((1 << shift) - 1)).any():
        raise InputError(
            f"a sample of this '{row.format.name}' frame has bits below its {row.format.depth} significant ones",
            remedy="Tag the clip as 16-bit, or convert it.",
        )
    return (words >> shift) & row.format.peak


def _expanded(frame: av.VideoFrame, row: Packing) -> tuple[Plane, ...]:
    """Palette entries as R G B A; single bits as 0 and 255."""
    plane = frame.planes[0]
    lines = _bytes_of(plane).reshape(-1, plane.line_size)[: frame.height]
    if row.format.name == "pal8":
        palette = _bytes_of(frame.planes[1]).view("<u4")[lines[:, : frame.width]]
        return tuple(((palette >> shift) & 255).astype(np.uint8) for shift in (16, 8, 0, 24))
    bits = np.unpackbits(lines, axis=1, count=frame.width)
    return (np.where(bits == (row.format.name == "monob"), np.uint8(255), np.uint8(0)),)


def _upright(frame: av.VideoFrame) -> av.VideoFrame:
    """The same picture in memory that runs from the top row down (some decoders hand it out bottom up)."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1))
    graph.link_nodes(source, graph.add("copy"), graph.add("buffersink")).configure()
    graph.push(frame)
    copied = graph.pull()
    assert isinstance(copied, av.VideoFrame)  # noqa: S101 - a buffersink behind a video buffer
    return copied
