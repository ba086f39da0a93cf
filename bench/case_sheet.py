"""Cases of a bench side by side as one picture: a line of words over each row of views, at some times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import atomic

Pictures = NDArray[np.uint8]
_TIMES = (0.5, 1.0)
_WIDTH, _GAP, _HEAD = 240, 8, 22
_QUALITY = 80
"""Of a JPEG."""
_PAPER, _INK = 255, (30, 30, 30)


@dataclass(frozen=True)
class Row:
    """One case.

    Attributes:
        words: that stand above it.
        views: T x H x W x 3 each, all of one size.
    """

    words: str
    views: tuple[Pictures, ...]


def sheet(heads: Sequence[str], rows: Sequence[Row]) -> Pictures:
    """H x W x 3: a row for each, all views half-way and at the end."""
    wide = len(_TIMES) * len(heads) * (_WIDTH + _GAP) + _GAP
    line = np.full((_HEAD, wide, 3), _PAPER, np.uint8)
    for number, head in enumerate([*heads] * len(_TIMES)):
        _write(line, head, _GAP + number * (_WIDTH + _GAP))
    return np.vstack([line, *(_drawn(row, wide) for row in rows)])


def save(picture: Pictures, out: Path) -> None:
    """Write it, whole or not at all. Raises InputError for a suffix of no kind of picture."""
    if not cv2.haveImageWriter(str(out)):
        raise InputError(f"'{out.suffix}' is no kind of picture", where=str(out), remedy="Take .png.")
    _, codes = cv2.imencode(out.suffix, picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    with atomic(out) as partial:
        partial.write_bytes(codes.tobytes())


def _drawn(row: Row, wide: int) -> Pictures:
    line = np.full((_HEAD, wide, 3), _PAPER, np.uint8)
    _write(line, row.words, _GAP)
    frames = [round(time * (len(row.views[0]) - 1)) for time in _TIMES]
    pictures = [_large(view[frame]) for frame in frames for view in row.views]
    gap = np.full((pictures[0].shape[0], _GAP, 3), _PAPER, np.uint8)
    return np.vstack([line, np.hstack([part for picture in pictures for part in (gap, picture)] + [gap])])


def _large(picture: Pictures) -> Pictures:
    size = (_WIDTH, round(picture.shape[0] * _WIDTH / picture.shape[1]))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _write(line: Pictures, words: str, left: int) -> None:
    cv2.putText(line, words, (left, _HEAD - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
