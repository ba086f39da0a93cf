"""Opening an image sequence: PNG, TIFF, JPEG and DPX through FFmpeg's decoders, EXR through OpenEXR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypedDict, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.media import describe
from cleanplate.media.door import local_file
from cleanplate.media.exr_read import Exr, exr_aperture, exr_colour, exr_rate, read_exr
from cleanplate.media.formats import packing
from cleanplate.media.frame import Plane, Siting
from cleanplate.media.limits import Limits
from cleanplate.media.probe import ClipInfo, StreamInfo
from cleanplate.media.repack import planes_from
from cleanplate.media.sequence import Sequence, find_sequence

_CODECS = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".dpx": "dpx"}
_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_DEFAULT_RATE = Fraction(24)


@dataclass(frozen=True)
class StillsReader:
    """Canonical planes of a sequence's images; `layout` is what all of them share with the first."""

    files: tuple[Path, ...]
    layout: tuple[object, ...]

    def __call__(self, start: int, stop: int) -> Iterator[tuple[int, tuple[Plane, ...]]]:
        """(index, planes) of images start..stop-1.

        Raises:
            InputError: an image is damaged, missing, or of another size or format than the first.
        """
        for index in range(start, stop):
            file = self.files[index]
            planes, layout = _read(file)
            if layout != self.layout:
                raise InputError(
                    "this image differs from the first in size, format, channels or windows",
                    where=str(file),
                    remedy="All images of a sequence must have one layout; export them again.",
                )
            yield index, planes


def _read(file: Path) -> tuple[tuple[Plane, ...], tuple[object, ...]]:
    if file.suffix.lower() == ".exr":
        exr = read_exr(file)
        return exr.planes, exr.layout
    frame = decode_still(file)
    return planes_from(frame), _layout(frame)


def _layout(frame: av.VideoFrame) -> tuple[object, ...]:
    return frame.width, frame.height, frame.format.name


def decode_still(file: Path) -> av.VideoFrame:
    """Decode one image file.

    Raises:
        InputError: it is no whole image of the kind that its name says.
    """
    local_file(file)
    codec = cast("VideoCodecContext", av.CodecContext.create(_CODECS[file.suffix.lower()], "r"))
    codec.options = {"max_pixels": str(Limits().pixels)}
    if codec.name == "png":  # its checksums; other decoders would also balk at tags that do no harm
        codec.options |= {"err_detect": "crccheck+explode"}
    codec.thread_count = 1
    data = file.read_bytes()
    if codec.name == "mjpeg" and data.rfind(_JPEG_END) < data.rfind(_JPEG_SCAN):  # the decoder fills up with gray
        raise _damaged(file)
    try:
        frames = [*codec.decode(av.Packet(data)), *codec.decode(None)]
    except av.error.FFmpegError as error:
        raise _damaged(file) from error
    if len(frames) != 1 or frames[0].is_corrupt:
        raise _damaged(file)
    return frames[0]


def _damaged(file: Path) -> InputError:
    return InputError(
        f"this is not a whole {file.suffix.lower().lstrip('.').upper()} image that can be decoded",
        where=str(file),
        remedy="Export it again.",
    )


def open_sequence(path: Path, rate: Fraction | None, limits: Limits) -> tuple[ClipInfo, StillsReader]:
    """Probe an image sequence by its names and its first image.

    Raises:
        InputError: no images, or a first image that cannot be read exactly.
    """
    sequence = find_sequence(path)
    first = sequence.files[0]
    layout: tuple[object, ...]
    if first.suffix.lower() == ".exr":
        exr = read_exr(first, limits=limits)
        info, layout = _exr_info(path, sequence, exr, rate), exr.layout
    else:
        frame = decode_still(first)
        info, layout = _still_info(path, sequence, frame, rate), _layout(frame)
    limits.check_size(info.width, info.height, str(first))
    limits.check_length(len(info), info.duration, str(path))
    return info, StillsReader(sequence.files, layout)


def _exr_info(path: Path, sequence: Sequence, exr: Exr, rate: Fraction | None) -> ClipInfo:
    aspect = Fraction(float(exr.header.get("pixelAspectRatio", 1.0))).limit_denominator(1000)
    height, width = exr.planes[0].shape
    return ClipInfo(
        **_from_names(path, sequence, rate, exr_rate(exr)),
        codec="exr",
        height=height,
        width=width,
        format=exr.format,
        colour=exr_colour(exr),
        sample_aspect=aspect if aspect > 0 else Fraction(1),
        clean_aperture=exr_aperture(exr),
        streams=(StreamInfo(0, "video", "exr"),),
    )


def _still_info(path: Path, sequence: Sequence, frame: av.VideoFrame, rate: Fraction | None) -> ClipInfo:
    fmt = packing(frame.format.name, str(sequence.files[0])).format
    codec = _CODECS[sequence.files[0].suffix.lower()]
    rotation, turned = describe.rotation(frame)
    names = _from_names(path, sequence, rate, None)
    names["warnings"] += (turned,) if turned else ()
    return ClipInfo(
        **names,
        codec=codec,
        height=frame.height,
        width=frame.width,
        format=fmt,
        colour=describe.colour_tags(frame, fmt, Siting.CENTER),  # the convention of JPEG files (JFIF)
        rotation=rotation,
        streams=(StreamInfo(0, "video", codec),),
    )


class _Names(TypedDict):
    """What of a `ClipInfo` the names of the files tell."""

    path: Path
    files: tuple[Path, ...]
    is_sequence: bool
    container: str
    time_base: Fraction
    pts: NDArray[np.int64]
    end_pts: int
    rate: Fraction
    warnings: tuple[str, ...]


def _from_names(path: Path, sequence: Sequence, rate: Fraction | None, stated: Fraction | None) -> _Names:
    """Files, and times by the numbers in their names; a gap in the numbers is a gap in time."""
    known = rate or stated
    pts = np.array(sequence.numbers, dtype=np.int64) - sequence.numbers[0]
    warnings = []
    if sequence.missing:
        shown = ", ".join(map(str, sequence.missing[:8])) + (" ..." if len(sequence.missing) > 8 else "")
        warnings.append(f"images are missing from the sequence ({shown}); the gaps are kept in its times")
    if known is None and len(sequence.files) > 1:
        warnings.append(f"the images carry no rate; {_DEFAULT_RATE} frames a second are assumed")
    return _Names(
        path=path,
        files=sequence.files,
        is_sequence=True,
        container="images",
        time_base=1 / (known or _DEFAULT_RATE),
        pts=pts,
        end_pts=int(pts[-1]) + 1,
        rate=known or _DEFAULT_RATE,
        warnings=tuple(warnings),
    )
