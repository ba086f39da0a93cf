"""A decoded frame and the description of its samples.

Everywhere in cleanplate a frame's samples are held *canonically*: one two-dimensional array per component, in the order
Y Cb Cr [A], R G B [A] or Y [A], integer codes right-aligned (10-bit `p010` gives 0..1023, not 0..65472). How a file
interleaves or shifts them is the business of `media.repack` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""H x W array: uint8, uint16, float16 or float32."""


class Family(StrEnum):
    """The colour model of the stored components."""

    YUV = "yuv"
    RGB = "rgb"
    GRAY = "gray"


class Siting(StrEnum):
    """Where a subsampled chroma sample lies among the luma samples that it serves."""

    LEFT = "left"
    CENTER = "center"
    TOPLEFT = "topleft"


@dataclass(frozen=True)
class PixelFormat:
    """What the samples of a plate are, whatever the file's packing.

    Attributes:
        name: the source's own name for its format (FFmpeg's, such as ``p010le``, or ``exr-half``).
        depth: significant bits of a sample (8..16), or 16/32 for floats.
        sub_x, sub_y: log2 of the chroma subsampling (4:2:0 is 1, 1).
    """

    name: str
    family: Family
    depth: int
    sub_x: int = 0
    sub_y: int = 0
    has_alpha: bool = False
    is_float: bool = False

    @property
    def components(self) -> int:
        """Number of planes, alpha included."""
        return (1 if self.family is Family.GRAY else 3) + self.has_alpha

    @property
    def dtype(self) -> np.dtype[Any]:
        """Array type of every canonical plane."""
        if self.is_float:
            return np.dtype(np.float16 if self.depth == 16 else np.float32)
        return np.dtype(np.uint8 if self.depth <= 8 else np.uint16)

    @property
    def peak(self) -> int:
        """The largest integer code; meaningless for floats."""
        return (1 << self.depth) - 1

    def is_subsampled(self, component: int) -> bool:
        """True for the chroma planes of 4:2:0, 4:2:2 and their like."""
        return self.family is Family.YUV and component in (1, 2) and bool(self.sub_x or self.sub_y)

    def plane_shape(self, component: int, height: int, width: int) -> tuple[int, int]:
        """(rows, columns) of one plane; chroma sizes round up, as in every codec."""
        if not self.is_subsampled(component):
            return height, width
        return -(-height >> self.sub_y), -(-width >> self.sub_x)


@dataclass(frozen=True)
class ColourTags:
    """How codes stand for colours. Names are FFmpeg's lower-case ones; ``unknown`` where the file says nothing;
    `range` is ``limited`` or ``full``.

    `effective_matrix` and `full_range` resolve what is unknown by the conventions of the field.
    """

    matrix: str = "unknown"
    primaries: str = "unknown"
    transfer: str = "unknown"
    range: str = "unknown"
    siting: Siting | None = None


@dataclass(frozen=True)
class Frame:
    """One presented frame.

    Attributes:
        index: n for the n-th presented frame, from 0.
        pts: presentation time in the clip's time base.
        planes: canonical planes (see the module's head), read-only by convention.
    """

    index: int
    pts: int
    planes: tuple[Plane, ...]

    @property
    def height(self) -> int:
        return int(self.planes[0].shape[0])

    @property
    def width(self) -> int:
        return int(self.planes[0].shape[1])
