"""What is drawn on the pictures that a model sees: the numbered grid, the objects' outlines, the frame's number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.reason.asking.view import Picture

OUTLINES = ((255, 0, 255), (0, 255, 255), (255, 160, 0), (120, 255, 0))
"""R'G'B' of the objects' outlines, in turn."""
_GRID, _PAPER, _INK = (255, 255, 0), (24, 24, 24), (255, 255, 255)
_LINE = 0.4
"""Opacity of the grid's lines: what lies under them stays visible."""
_MARGIN, _TEXT = 22, 0.42
"""Pixels of the strips that carry the numbers, and the size of the font."""

Edges = tuple[NDArray[np.int64], NDArray[np.int64]]


def marked(picture: Picture, outlines: Sequence[tuple[str, Mask]], edges: Edges, title: str) -> Picture:
    """A picture with grid, outlines and a margin that carries the numbers.

    Args:
        picture: h x w x 3, R'G'B'.
        outlines: letter and h x w mask of each object.
        edges: pixels at which rows and columns begin and end.
        title: written over the picture.
    Returns:
        R'G'B', larger by the margin at the left and twice the margin at the top.
    """
    drawn = _gridded(picture, edges)
    for number, (letter, mask) in enumerate(outlines):
        _outline(drawn, letter, mask, OUTLINES[number % len(OUTLINES)])
    height, width = drawn.shape[:2]
    page = np.full((height + 2 * _MARGIN, width + _MARGIN, 3), _PAPER, np.uint8)
    page[2 * _MARGIN :, _MARGIN:] = drawn
    _write(page, title, (_MARGIN, _MARGIN - 7))
    rows, columns = edges
    for row, (a, b) in enumerate(pairwise(rows)):
        _write(page, str(row), (3, int(2 * _MARGIN + (a + b) // 2 + 5)))
    for column, (a, b) in enumerate(pairwise(columns)):
        _write(page, str(column), (int(_MARGIN + (a + b) // 2 - 6), 2 * _MARGIN - 6))
    return page


def jpeg(picture: Picture, quality: int) -> bytes:
    """The picture as a JPEG file."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data)


def _gridded(picture: Picture, edges: Edges) -> Picture:
    lines = picture.copy()
    rows, columns = edges
    lines[rows[1:-1]] = _GRID
    lines[:, columns[1:-1]] = _GRID
    return np.asarray(cv2.addWeighted(lines, _LINE, picture, 1 - _LINE, 0))


def _outline(picture: Picture, letter: str, mask: Mask, colour: tuple[int, int, int]) -> None:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return
    cv2.drawContours(picture, contours, -1, colour, 2)
    x, y, width, _ = cv2.boundingRect(max(contours, key=cv2.contourArea))
    _write(picture, letter, (min(x + width + 2, picture.shape[1] - 12), max(y + 10, 12)), colour)


def _write(picture: Picture, text: str, at: tuple[int, int], colour: tuple[int, int, int] = _INK) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, _TEXT, colour, 1, cv2.LINE_AA)
