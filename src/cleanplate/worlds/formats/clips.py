"""The clips of a data set: arrays in, arrays out. Matroska (FFV1) gives them back exactly; MP4 (H.264) saves space."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, closing
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.levels import levels_of
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Family, Frame
from cleanplate.media.probe import ClipInfo
from cleanplate.worlds.formats.h264 import H264Writer

Picture = NDArray[np.uint8]
"""H x W x 3, R'G'B' 0..255."""
Levels = NDArray[np.uint8]
"""H x W, 0..255."""

LOSSLESS, LOSSY = ".mkv", ".mp4"
SUFFIXES = (LOSSLESS, LOSSY, ".mov", ".webm", ".avi")
"""Of the clips that are looked for, the best first."""

_SRGB = ColourTags("gbr", "bt709", "iec61966-2-1", "full")
_GRAY = ColourTags(range="full")


class Samples(StrEnum):
    """What a clip's frames are; the value is FFmpeg's name of the stored format."""

    RGB = "gbrp"
    GRAY = "gray"
    RGB16 = "gbrp16le"
    GRAY16 = "gray16le"

    @property
    def is_gray(self) -> bool:
        return self in (Samples.GRAY, Samples.GRAY16)


class ClipWriter(Protocol):
    """Takes frames one by one."""

    def write(self, frame: NDArray[Any]) -> None:
        """Append H x W x 3 (RGB) or H x W (gray)."""
        ...


def clip_writer(
    path: Path, samples: Samples, height: int, width: int, rate: Fraction
) -> AbstractContextManager[ClipWriter]:
    """A writer of a clip of one size; the file takes its name only when the block ends without an error.

    Args:
        path: ends with ``.mkv`` (lossless) or ``.mp4`` (H.264; masks in it stay exact, other gray levels nearly).
    Raises:
        ValueError: 16-bit samples in an MP4.
    """
    if path.suffix == LOSSLESS:
        return _LosslessWriter(path, samples, height, width, rate)
    if samples in (Samples.RGB16, Samples.GRAY16):
        raise ValueError(f"{path.name}: 16-bit samples need {LOSSLESS}")
    return H264Writer(path, height, width, rate, exact=samples is Samples.GRAY)


class _LosslessWriter(Ffv1Writer):
    """`Ffv1Writer` for arrays at a constant rate."""

    def __init__(self, path: Path, samples: Samples, height: int, width: int, rate: Fraction) -> None:
        colour = _GRAY if samples.is_gray else _SRGB
        form = pixel_format(samples.value)
        super().__init__(path, form, height, width, colour=colour, time_base=1 / rate, rate=rate, threads=1)
        self._count = 0

    def write(self, frame: NDArray[Any]) -> None:  # type: ignore[override]
        planes = (frame,) if frame.ndim == 2 else tuple(frame[..., n] for n in range(3))
        super().write(planes, self._count)
        self._count += 1


def find_clip(folder: Path, *stems: str) -> Path | None:
    """The first clip in a folder that bears one of the names, whatever its suffix; None without any."""
    candidates = (folder / (stem + suffix) for stem in stems for suffix in SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def probe(path: Path) -> ClipInfo:
    """What a clip is. Raises InputError when it cannot be read."""
    with Clip.open(path) as clip:
        return clip.info


def read_pictures(path: Path, widest: int | None = None) -> Generator[Picture, None, None]:
    """R'G'B' of every frame in coded orientation, whatever the file's format; exact for what `clip_writer` stored.

    Args:
        widest: shrink what is wider, for looking.
    Raises:
        InputError: no clip, or a damaged frame.
    """
    with Clip.open(path) as clip, closing(clip.frames()) as frames:
        size = _shrunk(clip.info, widest)
        for frame in frames:
            yield rgb_of(frame, clip.info) if size is None else picture(frame, clip.info, size)


def read_levels(path: Path, widest: int | None = None) -> Generator[Levels, None, None]:
    """Gray levels of every frame; limited range is stretched to 0..255; shrinking picks levels and makes none.

    Raises InputError as `read_pictures` does.
    """
    with Clip.open(path) as clip, closing(clip.frames()) as frames:
        size = _shrunk(clip.info, widest)
        for frame in frames:
            levels = levels_of(frame.planes, clip.info)
            yield levels if size is None else cv2.resize(levels, size[::-1], interpolation=cv2.INTER_NEAREST)


def _shrunk(info: ClipInfo, widest: int | None) -> tuple[int, int] | None:
    """(height, width) to shrink to; None where there is no need."""
    if widest is None or info.width <= widest:
        return None
    return max(1, round(info.height * widest / info.width)), widest


def read_codes(path: Path) -> Generator[NDArray[Any], None, None]:
    """The stored codes of every frame, H x W or H x W x C. Raises InputError as `read_pictures` does."""
    with Clip.open(path) as clip, closing(clip.frames()) as frames:
        for frame in frames:
            yield frame.planes[0] if len(frame.planes) == 1 else np.dstack(frame.planes)


def rgb_of(frame: Frame, info: ClipInfo) -> Picture:
    """H x W x 3 uint8 of a decoded frame; stored 8-bit R'G'B' comes back as it is."""
    if info.format.family is Family.RGB and info.format.depth == 8:
        stored: Picture = np.dstack(frame.planes[:3])
        return stored
    return picture(frame, info)


def is_lossless(path: Path) -> bool:
    """True when a clip was stored exactly, so that it can be checked to the last code."""
    return path.suffix == LOSSLESS
