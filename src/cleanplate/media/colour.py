"""From a plate's stored codes to R'G'B' and back, exactly, and to 8-bit pictures, fast.

Codes to R'G'B' is one affine map per clip: the quantisation and the matrix of ITU-T H.273 (equations 20 to 48). What a
file does not say is resolved by the conventions of the field, once, in `resolve`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.media import siting as chroma
from cleanplate.media.curves import Curve, curve_for, to_model
from cleanplate.media.frame import ColourTags, Family, Frame, PixelFormat, Plane, Siting
from cleanplate.media.probe import ClipInfo

Colours = NDArray[np.float32]
"""... x 3 float32."""
Picture = NDArray[np.uint8]

_LUMA_WEIGHTS = {  # of red and blue
    "bt709": (0.2126, 0.0722),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
}
_YCGCO_TO_RGB = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, 0.0], [1.0, -1.0, -1.0]])
_SD_HEIGHT = 720
_SD_TRANSFER = "smpte170m"


def resolve(tags: ColourTags, fmt: PixelFormat, height: int) -> ColourTags:
    """The tags with nothing unknown, by the conventions of the field.

    Matrix: GBR for RGB; BT.2020 where the primaries are; otherwise BT.601 below 720 lines and BT.709 from there on.
    Range: full for RGB, gray, floats and JPEG's formats (``yuvj``); limited for other YUV. Siting: centre for JPEG's
    formats, top-left for BT.2020 in 4:2:0, otherwise left; None where chroma is not subsampled.

    Raises:
        InputError: a matrix that cannot be turned into R'G'B' here.
    """
    matrix = _matrix(tags, fmt, height)
    if matrix not in _LUMA_WEIGHTS and matrix not in ("gbr", "ycgco"):
        raise InputError(
            f"the colour matrix '{matrix}' is not supported", remedy="Convert the clip to BT.709 or BT.2020 first."
        )
    wide, small = tags.primaries == "bt2020" or matrix == "bt2020nc", matrix in ("bt470bg", "smpte170m")
    standard = "bt2020" if wide else matrix if small else "bt709"
    curves = {"bt2020": "bt2020-10", "bt709": "iec61966-2-1" if fmt.family is Family.RGB else "bt709"}
    transfer = "linear" if fmt.is_float else curves.get(standard, _SD_TRANSFER)
    return ColourTags(
        matrix=matrix,
        primaries=standard if tags.primaries == "unknown" else tags.primaries,
        transfer=transfer if tags.transfer == "unknown" else tags.transfer,
        range=_range(fmt) if tags.range == "unknown" else tags.range,
        siting=_siting(tags, fmt, wide),
    )


def _matrix(tags: ColourTags, fmt: PixelFormat, height: int) -> str:
    if fmt.family is Family.RGB:
        return "gbr"
    if tags.matrix not in ("unknown", "gbr"):
        return tags.matrix
    if tags.primaries == "bt2020":
        return "bt2020nc"
    return "bt709" if height >= _SD_HEIGHT else "smpte170m"


def _range(fmt: PixelFormat) -> str:
    is_limited = fmt.family is Family.YUV and not fmt.is_float and not fmt.name.startswith("yuvj")
    return "limited" if is_limited else "full"


def _siting(tags: ColourTags, fmt: PixelFormat, wide: bool) -> Siting | None:
    if not (fmt.sub_x or fmt.sub_y):
        return None
    if tags.siting is not None:
        return tags.siting
    if fmt.name.startswith("yuvj"):
        return Siting.CENTER
    return Siting.TOPLEFT if wide and fmt.sub_y else Siting.LEFT


def to_444(planes: Sequence[Plane], fmt: PixelFormat, siting: Siting | None) -> NDArray[np.float32]:
    """H x W x components float32 codes, chroma (where subsampled) interpolated linearly at its true place."""
    height, width = planes[0].shape
    stacked = np.empty((height, width, len(planes)), dtype=np.float32)
    for n, plane in enumerate(planes):
        subsampled = fmt.is_subsampled(n)
        stacked[..., n] = chroma.upsample(plane, fmt, siting or Siting.LEFT, height, width) if subsampled else plane
    return stacked


def codes_to_rgb(codes: NDArray[np.float32], fmt: PixelFormat, tags: ColourTags) -> Colours:
    """... x 3 R'G'B', nominally 0..1 and unclipped, of ... x components codes; alpha is left out.

    `tags` must be resolved. Gray gives three equal channels; float codes are values already.
    """
    return _applied(codes[..., : 1 if fmt.family is Family.GRAY else 3], _decoding(fmt, tags))


def rgb_to_codes(rgb: Colours, fmt: PixelFormat, tags: ColourTags) -> NDArray[np.float32]:
    """... x 3 codes (... x 1 for gray: luma), neither rounded nor clipped; the inverse of `codes_to_rgb`."""
    return _applied(rgb, _encoding(fmt, tags))


def _applied(values: NDArray[np.float32], affine: NDArray[np.float64]) -> NDArray[np.float32]:
    shape = values.shape
    flat = np.ascontiguousarray(values, dtype=np.float32).reshape(1, -1, shape[-1])
    mapped: NDArray[np.float32] = cv2.transform(flat, affine.astype(np.float32))
    return mapped.reshape(*shape[:-1], affine.shape[0])


@lru_cache(maxsize=64)
def _decoding(fmt: PixelFormat, tags: ColourTags) -> NDArray[np.float64]:
    """(3, 4), or (3, 2) for gray: codes and 1 -> R'G'B'."""
    if fmt.family is Family.GRAY:
        return np.tile(_levels(fmt, tags, colour_difference=False), (3, 1))
    luma = _levels(fmt, tags, colour_difference=False)
    differences = _levels(fmt, tags, colour_difference=True)
    rows = [luma] * 3 if fmt.family is Family.RGB else [luma, differences, differences]
    scale, offset = np.array(rows).T
    matrix = np.eye(3) if fmt.family is Family.RGB else to_rgb_matrix(tags.matrix)
    return np.column_stack([matrix * scale, matrix @ offset])


@lru_cache(maxsize=64)
def _encoding(fmt: PixelFormat, tags: ColourTags) -> NDArray[np.float64]:
    """(3, 4), or (1, 4) for gray: R'G'B' and 1 -> codes."""
    if fmt.family is Family.GRAY:
        scale, offset = _levels(fmt, tags, colour_difference=False)
        weights = luma_weights(tags.matrix)
        return np.append(weights, -offset)[None] / scale
    decoding = _decoding(fmt, tags)
    inverse = np.linalg.inv(decoding[:, :3])
    return np.column_stack([inverse, -inverse @ decoding[:, 3]])


def _levels(fmt: PixelFormat, tags: ColourTags, *, colour_difference: bool) -> tuple[float, float]:
    """(scale, offset): value = scale * code + offset; luma and colours in 0..1, colour differences in -0.5..0.5."""
    if fmt.is_float:
        return 1.0, 0.0
    step = 1 << (fmt.depth - 8)
    if tags.range == "limited":
        span, zero = (224 * step, 128 * step) if colour_difference else (219 * step, 16 * step)
    else:
        span, zero = fmt.peak, 128 * step if colour_difference else 0
    return 1 / span, -zero / span


def luma_weights(matrix: str) -> NDArray[np.float64]:
    """Shares of R' G' B' in luma; BT.709's for matrices without luma."""
    red, blue = _LUMA_WEIGHTS.get(matrix, _LUMA_WEIGHTS["bt709"])
    return np.array([red, 1 - red - blue, blue])


def to_rgb_matrix(matrix: str) -> NDArray[np.float64]:
    """3 x 3: Y' (0..1), Cb and Cr (-0.5..0.5) -> R'G'B'."""
    if matrix == "ycgco":
        return _YCGCO_TO_RGB
    luma = luma_weights(matrix)
    blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - luma[2]))
    red = (np.array([1, 0, 0]) - luma) / (2 * (1 - luma[0]))
    return np.linalg.inv(np.array([luma, blue, red]))


def picture(frame: Frame, info: ClipInfo, size: tuple[int, int] | None = None) -> Picture:
    """H x W x 3 uint8 RGB in coded orientation, for looking at and for classical vision; `size` is (height, width).

    At the plate's own size chroma is placed exactly. At another the planes are shrunk first, each on its own, which
    moves left-sited chroma by at most a quarter of a new pixel. PQ, HLG, log and linear light pass their curve.
    """
    tags, fmt = resolve(info.colour, info.format, info.height), info.format
    colours = frame.planes[: fmt.components - fmt.has_alpha]
    if size is None or size == (frame.height, frame.width):
        codes = to_444(colours, fmt, tags.siting)
    else:
        codes = np.dstack([_resized(plane, size).astype(np.float32) for plane in colours])
    return _eight_bits(to_model(codes_to_rgb(codes, fmt, tags), curve_for(tags)))


def luma8(frame: Frame, info: ClipInfo, size: tuple[int, int] | None = None) -> Picture:
    """H x W uint8: luma (for RGB, BT.709's weights), stretched to 0..255; `size` is (height, width)."""
    tags, fmt = resolve(info.colour, info.format, info.height), info.format
    if fmt.family is Family.RGB:
        weights = luma_weights("bt709")
        return np.rint(picture(frame, info, size) @ weights.astype(np.float32)).astype(np.uint8)
    luma = frame.planes[0] if size is None else _resized(frame.planes[0], size)
    if fmt.is_float:
        return _eight_bits(to_model(luma.astype(np.float32), curve_for(tags)))
    table = _luma_table(replace(fmt, name=""), tags, curve_for(tags))
    gray: Picture = table[luma]
    return gray


@lru_cache(maxsize=16)
def _luma_table(fmt: PixelFormat, tags: ColourTags, curve: Curve) -> Picture:
    """8-bit gray of every luma code."""
    scale, offset = _levels(fmt, tags, colour_difference=False)
    codes = np.arange(1 << (8 if fmt.depth <= 8 else 16), dtype=np.float32)
    return _eight_bits(to_model(codes * np.float32(scale) + np.float32(offset), curve))


def _resized(plane: Plane, size: tuple[int, int]) -> NDArray[Any]:
    """A plane at (height, width): averaged over areas where it shrinks, linear where it grows."""
    height, width = size
    if plane.dtype == np.float16:
        plane = plane.astype(np.float32)
    shrinks = height <= plane.shape[0] and width <= plane.shape[1]
    resized: NDArray[Any] = cv2.resize(
        plane, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return resized


def _eight_bits(values: NDArray[np.float32]) -> Picture:
    """0..1 to 0..255, rounded; what lies outside is clipped, NaN is black."""
    finite = np.minimum(values, np.float32(2))  # infinities
    rounded: Picture = cv2.addWeighted(finite, 255, finite, 0, 0, dtype=cv2.CV_8U)
    return rounded
