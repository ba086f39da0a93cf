"""From a mask file's samples to levels 0..255, whatever its format, on the plate's coded grid."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.labels import AFFECTED, FAR, KEEP, OVERLAP, REMOVE, affected, is_exact
from cleanplate.media.frame import Family, Plane
from cleanplate.media.probe import ClipInfo

Levels = NDArray[np.uint8]
"""H x W, 0..255."""

_COLOURED = 8 / 255
"""Mean departure from grey, as a share of the peak, from which a file is a picture and no mask."""
_FLAT = np.ones((5, 5), dtype=np.uint8)


def levels_of(planes: tuple[Plane, ...], info: ClipInfo) -> Levels:
    """H x W levels of one frame: luma (or red) stretched from its coded range to 0..255; floats from 0..1."""
    if info.format.is_float:
        return _stretched(planes[0].astype(np.float32))
    table = _table(info.format.dtype.itemsize, info.format.depth, limited=_is_limited(info))
    levels: Levels = cv2.LUT(planes[0], table) if planes[0].dtype == np.uint8 else table[planes[0]]
    return levels


@lru_cache(maxsize=8)
def _table(size: int, depth: int, *, limited: bool) -> Levels:
    """The level of every code of an integer format; a look-up, since masks of large plates are long to compute."""
    codes = np.arange(1 << 8 * size, dtype=np.float32)
    if limited:
        shift = depth - 8
        return _stretched((codes - np.float32(16 << shift)) / np.float32(219 << shift))
    return _stretched(codes / np.float32((1 << depth) - 1))


def _stretched(unit: NDArray[np.float32]) -> Levels:
    levels: Levels = np.rint(np.clip(np.nan_to_num(unit), 0, 1) * 255).astype(np.uint8)
    return levels


def require_grey(planes: tuple[Plane, ...], info: ClipInfo) -> None:
    """Raise InputError when a frame has colour: it is a picture, not a mask."""
    form = info.format
    if form.family is Family.GRAY:
        return
    peak = 1.0 if form.is_float else float(form.peak)
    others = [np.asarray(p, dtype=np.float32) for p in planes[1:3]]
    neutral = (peak + 1) / 2 if form.family is Family.YUV else planes[0].astype(np.float32)
    if max(float(np.abs(plane - neutral).mean()) for plane in others) > _COLOURED * peak:
        raise InputError("this is a picture in colour, not a mask", where=str(info.path), remedy=WHAT_IS_A_MASK)


def holds_greys(levels: Levels) -> bool:
    """True when a frame has flat areas of the quadmask's two grey labels, rather than edges that a codec softened.

    In a frame of exact labels a single grey sample is enough, since no codec has softened anything.
    """
    if is_exact(levels):
        return bool(affected(levels).any())
    near = [np.abs(levels.astype(np.int16) - label) < FAR for label in (OVERLAP, AFFECTED)]
    between = (levels >= REMOVE + FAR) & (levels <= KEEP - FAR)
    if 2 * sum(int(np.count_nonzero(n)) for n in near) < np.count_nonzero(between):
        return False
    return any(bool(cv2.erode(n.view(np.uint8), _FLAT, borderValue=0).any()) for n in near)


def quarter_turns(mask: ClipInfo, plate: ClipInfo) -> int:
    """Counterclockwise quarter turns that bring the mask's stored frames to the plate's coded grid.

    A mask is laid over the plate as both are displayed; where that does not fit, but the stored sizes are equal, as
    both are stored. Raises InputError with both sizes when neither fits.
    """
    if _shown(mask) == _shown(plate):
        return (plate.rotation - mask.rotation) // 90 % 4
    if (mask.height, mask.width) == (plate.height, plate.width):
        return 0
    (height, width), (plate_height, plate_width) = _shown(mask), _shown(plate)
    raise InputError(
        f"the mask is {width} x {height}, the plate {plate_width} x {plate_height}",
        where=str(mask.path),
        remedy="Give a mask of the plate's size; it is not rescaled, because labels would blur.",
    )


WHAT_IS_A_MASK = "A mask is grey: 0 remove, 63 overlap, 127 affected, 255 keep; or white on black for what goes."


def _is_limited(info: ClipInfo) -> bool:
    """Where the file does not say, Y'CbCr is limited and gray is full, as files are made."""
    if info.colour.range == "unknown":
        return info.format.family is Family.YUV
    return info.format.family is not Family.RGB and info.colour.range == "limited"


def _shown(info: ClipInfo) -> tuple[int, int]:
    """(height, width) of the stored samples after rotation for display."""
    return (info.height, info.width) if info.rotation % 180 == 0 else (info.width, info.height)
