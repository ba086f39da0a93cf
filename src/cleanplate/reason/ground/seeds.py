"""From cells to a selection: what of them moves or differs is pointed at, the rest is said by a box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.reasoning import CellsAt
from cleanplate.masks.selection import Box, Click, Selection
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.blobs import parts
from cleanplate.reason.ground.view import View

ANCHORS = 4
"""Frames at most on which a selection points at a thing."""
_SHARE = 0.12
"""Share of its cells that must differ before what differs is taken for the thing."""
_CLICKS = 4
_RIM = 2.0
"""Small pixels between what is pointed at and its edge, where the picture allows."""


def selection_of(name: str, entries: Sequence[CellsAt], view: View) -> Selection | None:
    """What to point at so that a segmenter finds a thing, in coded pixels; None when its cells show nothing of it."""
    looks = [(entry.frame, at, entry.cells) for entry in entries if (at := view.position(entry.frame)) is not None]
    chosen = sorted({round(n) for n in np.linspace(0, len(looks) - 1, min(ANCHORS, len(looks)))}) if looks else []
    clicks: list[Click] = []
    boxes: list[Box] = []
    for frame, at, cells in (looks[n] for n in chosen):
        region = view.region(cells) & ~view.footage.object(at)
        if not region.any():
            continue
        moving = moving_part(view, at, region)
        if moving is None:
            boxes.append(_box(view, frame, region))
        else:
            clicks += [_click(view, frame, *point, positive=True) for point in _inside(moving)]
        beside = view.footage.object(at) & view.around(region)
        clicks += [_click(view, frame, *point, positive=False) for point in _inside(beside, 2)]
    if not boxes and not any(click.positive for click in clicks):
        return None
    return Selection(name=name, clicks=tuple(clicks), boxes=tuple(boxes))


def moving_part(view: View, at: int, region: Mask) -> Mask | None:
    """h x w: the largest part of a region that differs from the free view, when it is enough to be the thing."""
    found = max(parts(view.differing(at) & region, 12), key=lambda part: int(part.sum()), default=None)
    return found if found is not None and found.sum() >= _SHARE * region.sum() else None


def _inside(mask: Mask, most: int = _CLICKS) -> Iterator[tuple[float, float]]:
    """Up to `most` points (y, x) well inside a mask, the deepest first, each clear of those before it."""
    left = mask.copy()
    for _ in range(most):
        depth = cv2.distanceTransform(np.pad(left, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        y, x = np.unravel_index(int(np.argmax(depth)), depth.shape)
        if depth[y, x] < _RIM:
            return
        yield float(y), float(x)
        near = np.zeros_like(left)
        near[y, x] = True
        left &= ~dilate(near, 2 * float(depth[y, x]))


def _click(view: View, frame: int, y: float, x: float, *, positive: bool) -> Click:
    coded_y, coded_x = view.footage.coded_point(y, x)
    height, width = view.footage.size
    return Click(
        x=min(max(coded_x, 0.0), width - 1.0), y=min(max(coded_y, 0.0), height - 1.0), frame=frame, positive=positive
    )


def _box(view: View, frame: int, region: Mask) -> Box:
    y0, x0, y1, x1 = mask_box(region) or (0, 0, 1, 1)
    (ya, xa), (yb, xb) = view.footage.coded_point(y0 - 0.5, x0 - 0.5), view.footage.coded_point(y1 - 0.5, x1 - 0.5)
    return Box(x0=min(xa, xb) + 0.5, y0=min(ya, yb) + 0.5, x1=max(xa, xb) + 0.5, y1=max(ya, yb) + 0.5, frame=frame)
