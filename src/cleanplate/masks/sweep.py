"""Where a thing would be instead: its own shape, or its size, carried along its path between the points it names.

Places are counted in cells of the grid, with fractions, so that a point known to the pixel stays so and one that is
only a cell lies in the middle of its block. The way is straight and even between two points; after the last one the
thing stays there, or lies at its place of rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cleanplate.masks.grid import gridify
from cleanplate.masks.reasoning import Cell, Grid, PathPoint, Thing
from cleanplate.masks.track import Mask, Track

Size = tuple[int, int]
"""(height, width) of the frame in pixels."""
_SLACK = 0.5
"""Cells by which a block of whole cells is drawn narrower, so that between two cells it claims one more, not two."""
_AROUND = 6
"""Frames around the start of a path among which the thing's fullest view is looked for."""
_IN_PART, _WITHIN = 0.6, 0.8
"""Share of a thing's fullest view that is only a part of it, and of the part that the fullest view covers then."""
_STRIDE = 0.25
"""Steps of a sweep, as a share of the smaller side of what is swept."""


@dataclass(frozen=True)
class Stand:
    """A place on the way: the centre (row, column) and the size (rows, columns), both in cells with fractions.

    Attributes:
        exact: the centre is known better than by its cell.
    """

    centre: tuple[float, float]
    size: tuple[float, float]
    exact: bool


@dataclass(frozen=True)
class Shape:
    """A thing's silhouette: h x w bool, and what counts as its centre (y, x) in pixels from the silhouette's corner."""

    mask: Mask
    centre: tuple[float, float]

    @classmethod
    def of(cls, mask: Mask, part: Mask | None = None) -> Shape:
        """The silhouette of a mask that is not empty, about its centre of mass, or about that of a part of it."""
        ys, xs = np.nonzero(mask)
        y0, x0 = int(ys.min()), int(xs.min())
        inside = mask[y0 : ys.max() + 1, x0 : xs.max() + 1].copy()
        y, x = np.argwhere(mask if part is None else part).mean(axis=0)
        return cls(inside, (float(y) - y0, float(x) - x0))

    def paste(self, area: Mask, y: float, x: float) -> None:
        """Add the silhouette to an H x W mask with its centre at (y, x), cut at the frame."""
        (height, width), y0, x0 = self.mask.shape, round(y - self.centre[0]), round(x - self.centre[1])
        top, left = max(y0, 0), max(x0, 0)
        bottom, right = min(y0 + height, area.shape[0]), min(x0 + width, area.shape[1])
        if top < bottom and left < right:
            area[top:bottom, left:right] |= self.mask[top - y0 : bottom - y0, left - x0 : right - x0]


def stand_at(thing: Thing, time: float) -> Stand | None:
    """Where a thing would be at a time in frames; None before its path begins, and for a thing that names no place."""
    points = thing.path
    if not points:
        return None if thing.rest_place is None else _stand(thing, PathPoint(frame=0, cell=thing.rest_place))
    if time < points[0].frame:
        return None
    for a, b in pairwise(points):
        if a.frame <= time < b.frame:
            return _between(_stand(thing, a), _stand(thing, b), (time - a.frame) / (b.frame - a.frame))
    last = points[-1]
    if thing.rest_place is not None and time > last.frame:
        return _stand(thing, PathPoint(frame=last.frame, cell=thing.rest_place))
    return _stand(thing, last)


def shape_of(thing: Thing, track: Track) -> Shape | None:
    """The thing's fullest view near the start of its path, among the frames on which its track shows it.

    Where the path starts from a part of it, such as what is seen behind the object, the view goes about that part.
    """
    if not thing.path or not track.frames:
        return None
    start = thing.path[0].frame
    near = [n for n in track.frames if abs(n - start) <= _AROUND] or [min(track.frames, key=lambda n: abs(n - start))]
    full = track.mask(max(near, key=lambda n: (_box_area(track, n), -n)))
    begun = track.mask(min(near, key=lambda n: (abs(n - start), n)))
    in_part = begun.sum() < _IN_PART * full.sum() and (begun & full).sum() > _WITHIN * begun.sum()
    return Shape.of(full, begun if in_part else None)


def swept(thing: Thing, shape: Shape | None, frame: int, grid: Grid, size: Size) -> Mask:
    """H x W: where a thing would be on a frame, and where it may be when its time is off by its leeway.

    What is known by its cell alone, or has no shape, claims whole cells; nothing outside onset..end.
    """
    area = np.zeros(size, dtype=np.bool_)
    if not thing.onset <= frame <= thing.end:
        return area
    stands = list(_stretch(thing, shape, frame, grid, size))
    if shape is not None and stands and all(stand.exact for stand in stands):
        for stand in stands:
            y, x = (c * side / n for c, side, n in _sides(stand.centre, grid, size))
            shape.paste(area, y - 0.5, x - 0.5)
        return area
    for stand in stands:
        _fill_block(area, stand, grid)
    return gridify(area, grid)


def _stretch(thing: Thing, shape: Shape | None, frame: int, grid: Grid, size: Size) -> Iterator[Stand]:
    """The places on a frame: one, or as many as it takes to cover the stretch that the leeway leaves open."""
    start = thing.path[0].frame if thing.path else thing.onset
    slack = thing.leeway * max(frame - start, 0)
    first, last = frame - slack, frame + slack
    times = [first, *(p.frame for p in thing.path if first < p.frame < last), last] if slack else [float(frame)]
    for a, b in pairwise([*times, times[-1]]):
        here, there = stand_at(thing, a), stand_at(thing, b)
        if here is None or there is None:
            continue
        cell = size[0] / grid.rows, size[1] / grid.columns
        away = max(abs(q - p) * side for p, q, side in zip(here.centre, there.centre, cell, strict=True))
        small = min(shape.mask.shape) if shape else min(n * side for n, side in zip(here.size, cell, strict=True))
        count = max(1, math.ceil(away / max(1.0, _STRIDE * small)))
        yield from (_between(here, there, k / count) for k in range(count + (b == times[-1])))


def _stand(thing: Thing, point: PathPoint) -> Stand:
    rows, columns = point.size_cells or thing.size_cells or (1, 1)
    if point.within is not None:
        return Stand((point.cell[0] + point.within[0], point.cell[1] + point.within[1]), (rows, columns), True)
    return Stand((_middle(point.cell[0], rows), _middle(point.cell[1], columns)), (rows, columns), False)


def _middle(cell: int, size: int) -> float:
    """The middle of a block of `size` cells around a cell; of an even number one more lies behind it than before it."""
    return cell - (size - 1) // 2 + size / 2


def _between(a: Stand, b: Stand, t: float) -> Stand:
    centre, size = (
        tuple((1 - t) * p + t * q for p, q in zip(x, y, strict=True))
        for x, y in ((a.centre, b.centre), (a.size, b.size))
    )
    return Stand((centre[0], centre[1]), (size[0], size[1]), a.exact and b.exact)


def _sides(values: tuple[float, float], grid: Grid, size: Size) -> list[tuple[float, int, int]]:
    return [(values[0], size[0], grid.rows), (values[1], size[1], grid.columns)]


def _fill_block(area: Mask, stand: Stand, grid: Grid) -> None:
    """Fill a block's inner part; what lies outside the frame is cut off."""
    spans = []
    sides = _sides(stand.centre, grid, (area.shape[0], area.shape[1]))
    for (centre, side, cells), extent in zip(sides, stand.size, strict=True):
        half = max(extent - _SLACK, _SLACK) / 2
        first, last = (centre - half) * side / cells, (centre + half) * side / cells
        spans.append(slice(max(math.floor(first), 0), max(math.ceil(last), 0)))
    area[spans[0], spans[1]] = True


def _box_area(track: Track, frame: int) -> int:
    y0, x0, y1, x1 = track.box(frame) or (0, 0, 0, 0)
    return (y1 - y0) * (x1 - x0)


def point_at(frame: int, y: float, x: float, grid: Grid, size: Size) -> PathPoint:
    """The point of a path whose centre is known by the pixel; it may lie outside the frame.

    Pixel (0, 0) has its centre at (0.5, 0.5) of the frame, as everywhere in masks.
    """
    row, column = (y + 0.5) * grid.rows / size[0], (x + 0.5) * grid.columns / size[1]
    cell: Cell = min(max(math.floor(row), 0), grid.rows - 1), min(max(math.floor(column), 0), grid.columns - 1)
    return PathPoint(frame=frame, cell=cell, within=(round(row - cell[0], 4), round(column - cell[1], 4)))
