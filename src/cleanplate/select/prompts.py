"""Selections at the door: what no segmenter can serve is refused, naming the input."""

from __future__ import annotations

import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.selection import Point, Selection, Stroke


def has_positive(selection: Selection) -> bool:
    """True when something says where the object is, not only where it is not."""
    clicks, strokes = selection.clicks, selection.strokes
    return bool(selection.boxes) or any(c.positive for c in clicks) or any(s.positive for s in strokes)


def points_along(stroke: Stroke, most: int = 12) -> list[Point]:
    """Points along a stroke, a diameter apart where that gives no more than `most`."""
    corners = np.array(stroke.points, dtype=np.float64)
    lengths = np.concatenate([[0], np.linalg.norm(np.diff(corners, axis=0), axis=1).cumsum()])
    count = int(np.clip(lengths[-1] / (2 * stroke.radius) + 1, 1, most))
    at = np.linspace(0, lengths[-1], count)
    xs, ys = (np.interp(at, lengths, corners[:, axis]) for axis in (0, 1))
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]


def check_selection(selection: Selection, height: int, width: int, frames: range) -> None:
    """Raise InputError for inputs outside the frame or the frames, and for a selection of nothing.

    Args:
        selection: in coded pixels of a height x width frame.
    """
    if not has_positive(selection):
        raise InputError(
            "nothing says where the object is", where=selection.name, remedy="Add a click on it, a stroke or a box."
        )
    for frame in selection.frames:
        if frame not in frames:
            raise InputError(
                f"an input lies on frame {frame}, outside the frames {frames.start} to {frames.stop - 1}",
                where=selection.name,
            )
    points = [(f"click {c.x:g},{c.y:g}", c.x, c.y, c.frame) for c in selection.clicks]
    points += [(f"stroke through {x:g},{y:g}", x, y, s.frame) for s in selection.strokes for x, y in s.points]
    for what, x, y, frame in points:
        if not (0 <= x < width and 0 <= y < height):
            raise InputError(
                f"{what} on frame {frame} lies outside the frame", where=selection.name, remedy=_inside(height, width)
            )
    for box in selection.boxes:
        if min(box.x1, width) - max(box.x0, 0) < 1 or min(box.y1, height) - max(box.y0, 0) < 1:
            raise InputError(
                f"the box on frame {box.frame} covers nothing of the frame",
                where=selection.name,
                remedy=_inside(height, width),
            )


def _inside(height: int, width: int) -> str:
    return f"The frame goes from 0,0 to {width - 1},{height - 1}."
