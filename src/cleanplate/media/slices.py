"""Into how many slices FFV1 cuts a frame: by its size and format alone, so that no machine shows in the bytes.

FFmpeg cuts rows and columns evenly, wherever that falls among the luma samples of one chroma sample. A slice's chroma
begins at the sample that holds its first luma sample, and is as wide as its luma needs; when the size is odd, that can
end before the frame does. FFmpeg refuses most such cuts but not all, and loses samples in the others.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import chain, pairwise

import av

from cleanplate.errors import InputError
from cleanplate.media.formats import pixel_format

_MOST = 1024
_SMALL = 288, 352
_TINY = 64


@lru_cache(maxsize=64)
def slice_count(height: int, width: int, storage: str) -> int:
    """Slices for a frame in FFmpeg's format `storage`: enough for many threads where it is large, one where it is tiny.

    Raises:
        InputError: no cut keeps every sample.
    """
    wanted = 1 if min(height, width) < _TINY else 4 if height * width <= 1280 * 720 else 16
    for count in chain(range(wanted, _MOST + 1), range(wanted - 1, 0, -1)):
        if _keeps_all(count, height, width, storage) and _is_accepted(count, height, width, storage):
            return count
    raise InputError(f"{width} x {height} {storage} cannot be stored as FFV1", remedy="Pad or crop it to an even size.")


def _keeps_all(count: int, height: int, width: int, storage: str) -> bool:
    cut = _rows_and_columns(count, height, width)
    fmt = pixel_format(storage)
    return cut is not None and _reaches(height, cut[0], fmt.sub_y) and _reaches(width, cut[1], fmt.sub_x)


def _rows_and_columns(count: int, height: int, width: int) -> tuple[int, int] | None:
    """How FFmpeg arranges so many slices: the fewest rows first, with at most twice as many columns."""
    first = 1 if height <= _SMALL[0] and width <= _SMALL[1] else 2
    for rows in range(first, count + 1):
        if count % rows == 0 and rows <= count // rows <= 2 * rows:
            return rows, count // rows
    return None


def _reaches(size: int, parts: int, shift: int) -> bool:
    """True when the parts' chroma samples reach, without a gap, to the frame's last."""
    starts = [size * n // parts for n in range(parts + 1)]
    reached = 0
    for start, end in pairwise(starts):
        if start >> shift > reached:
            return False
        reached = (start >> shift) + -(-(end - start) >> shift)
    return reached >= -(-size >> shift)


def _is_accepted(count: int, height: int, width: int, storage: str) -> bool:
    """Whether FFmpeg's encoder opens with so many slices."""
    encoder = av.CodecContext.create("ffv1", "w")
    encoder.height, encoder.width, encoder.pix_fmt, encoder.time_base = height, width, storage, Fraction(1)
    encoder.options = {"level": "3", "strict": "-2", "slices": str(count)}
    try:
        encoder.open()
    except av.error.NotImplementedError:
        return False
    return True
