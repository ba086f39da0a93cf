"""The layer as ProRes 4444 with straight alpha, for editing suites."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cleanplate.files import atomic, disk_errors
from cleanplate.media.colour import resolve, rgb_to_codes
from cleanplate.media.container import bitexact_container, durations, lasting
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Plane
from cleanplate.media.painted import Painted, every_frame
from cleanplate.media.probe import ClipInfo
from cleanplate.media.repack import to_video_frame
from cleanplate.media.tagging import colour_options

_STORAGE = "yuva444p10le"
_FORMAT = pixel_format(_STORAGE)
_MATRICES = ("bt709", "bt2020nc", "smpte170m", "bt470bg")
_QUALITY = {"profile": "4444", "vendor": "apl0", "alpha_bits": "16", "flags": "+bitexact"}


def prores_tags(info: ClipInfo) -> ColourTags:
    """The plate's colours as ProRes codes them: limited range, and BT.709's matrix where the plate has another kind."""
    tags = resolve(info.colour, info.format, info.height)
    return replace(tags, matrix=tags.matrix if tags.matrix in _MATRICES else "bt709", range="limited", siting=None)


def write_prores4444(painted: Iterable[Painted], info: ClipInfo, out: Path) -> None:
    """Write a QuickTime file with every frame of the clip at the plate's times, turned and shaped like the plate.

    Raises:
        ResourceError: the disk is full, or may not be written to.
    """
    tags = prores_tags(info)
    lengths = durations(info)
    with disk_errors(out), atomic(out) as partial, bitexact_container(partial, "mov") as file:
        stream = _add_stream(file, info, tags)
        for index, rgb, alpha in every_frame(painted, info):
            frame = to_video_frame(prores_planes(rgb, alpha, tags), _FORMAT, _STORAGE)
            frame.pts, frame.time_base = int(info.pts[index] - info.pts[0]), info.time_base
            file.mux(list(lasting(stream.encode(frame), lengths)))
        file.mux(list(lasting(stream.encode(None), lengths)))


def prores_planes(rgb: NDArray[np.float32], alpha: NDArray[np.float32], tags: ColourTags) -> tuple[Plane, ...]:
    """Y Cb Cr and alpha in 10-bit codes; colour within the codes that are no timing references, alpha full range."""
    codes = np.clip(np.rint(rgb_to_codes(rgb, _FORMAT, tags)), 4, 1019)
    colour = [np.ascontiguousarray(codes[..., n]).astype(np.uint16) for n in range(3)]
    return *colour, np.rint(np.clip(alpha, 0, 1) * _FORMAT.peak).astype(np.uint16)


def _add_stream(file: OutputContainer, info: ClipInfo, tags: ColourTags) -> VideoStream:
    stream = file.add_stream("prores_ks", rate=info.rate, options=_QUALITY | colour_options(tags))
    stream.set_display_rotation(-info.rotation)
    if info.timecode:
        stream.metadata["timecode"] = info.timecode
    context = stream.codec_context
    context.height, context.width, context.pix_fmt = info.height, info.width, _STORAGE
    context.time_base, context.sample_aspect_ratio = info.time_base, info.sample_aspect
    context.thread_type, context.thread_count = "SLICE", 0
    return stream
