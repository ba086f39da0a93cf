"""The samples of a layer, as they follow from the plate's."""

from __future__ import annotations

from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import Family, PixelFormat

_NAMES = {Family.YUV: "yuv444p{}le", Family.RGB: "gbrp{}le", Family.GRAY: "gray{}le"}
_LEAST_DEPTH = 10


def layer_format(fmt: PixelFormat) -> PixelFormat:
    """The plate's own colour model at full chroma resolution, at ten bits or more, without alpha.

    Matrix and range are the plate's; an 8-bit plate's code n is the layer's 4n. A float plate's layer holds its floats.
    """
    if fmt.is_float:
        return PixelFormat(fmt.name, fmt.family, fmt.depth, is_float=True)
    return pixel_format(_NAMES[fmt.family].format(max(fmt.depth, _LEAST_DEPTH)))


def layer_scale(fmt: PixelFormat) -> int:
    """How many layer codes make one code of the plate: 4 for 8 bits, 1 from 10 bits on and for floats."""
    return 1 if fmt.is_float else 1 << (max(fmt.depth, _LEAST_DEPTH) - fmt.depth)


def neutral(fmt: PixelFormat) -> tuple[float, ...]:
    """What a layer's colour is where its alpha is 0: no light, no chroma."""
    if fmt.family is Family.YUV:
        middle = 1 << (fmt.depth - 1)
        return 0, middle, middle
    return (0,) * fmt.components
