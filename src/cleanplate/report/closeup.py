"""The neighbourhood of the edit, which the page shows close up."""

from __future__ import annotations

from collections.abc import Sequence

from cleanplate.media.frame import Frame, PixelFormat

Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1) on the plate's coded grid, ends exclusive."""
Shares = tuple[float, float, float, float]
"""(x, y, width, height) as shares of the upright picture's sides."""

_ROOM = 1.25
_LEAST, _MOST = 0.12, 0.85


def window_around(boxes: Sequence[Box], height: int, width: int) -> Box | None:
    """A window of the picture's own shape that holds all boxes with some room; None where it would show nearly all.

    Its sides lie on even pixels, so that subsampled chroma can be cut with it.
    """
    if not boxes:
        return None
    y0, x0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
    y1, x1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
    share = max(_LEAST, _ROOM * max((y1 - y0) / height, (x1 - x0) / width))
    if share > _MOST:
        return None
    top, bottom = _side(y0, y1, height, share)
    left, right = _side(x0, x1, width, share)
    return top, left, bottom, right


def _side(low: int, high: int, length: int, share: float) -> tuple[int, int]:
    """Start and end of a run of about `share` of `length` around the middle of low..high, inside 0..length."""
    size = min(length, max(2, 2 * round(share * length / 2)))
    start = min(max(0, (low + high - size) // 2), length - size)
    return start - start % 2, start - start % 2 + size


def cut(frame: Frame, fmt: PixelFormat, box: Box) -> Frame:
    """The part of a frame inside a window from `window_around`."""
    y0, x0, y1, x1 = box
    planes = []
    for component, plane in enumerate(frame.planes):
        down, across = (fmt.sub_y, fmt.sub_x) if fmt.is_subsampled(component) else (0, 0)
        planes.append(plane[y0 >> down : -(-y1 >> down), x0 >> across : -(-x1 >> across)])
    return Frame(frame.index, frame.pts, tuple(planes))


def upright_shares(box: Box, height: int, width: int, rotation: int) -> Shares:
    """A box of the coded grid as shares of the picture turned clockwise by `rotation` degrees."""
    x, y, w, h = box[1] / width, box[0] / height, (box[3] - box[1]) / width, (box[2] - box[0]) / height
    for _ in range(rotation // 90):
        x, y, w, h = 1 - y - h, x, h, w
    return x, y, w, h
