"""From tracks and reasoning to a quadmask.

Remove is the objects and what goes with them, by the pixel. Affected is every thing that the reasoning names, from its
onset to its end: where it is seen, and where it would be instead. By default affected areas are whole cells of the grid
(gridify: any pixel claims its cell), as in the masks on which VOID was trained; by the pixel on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.brush import dilate
from cleanplate.masks.grid import cells_around, fill_cells, gridify
from cleanplate.masks.labels import Labels, combine, primary_only
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.masks.reasoning import Cell, Reasoning, Thing
from cleanplate.masks.track import Mask, Track
from cleanplate.media.probe import ClipInfo
from cleanplate.progress import Progress, Silent


@dataclass(frozen=True)
class BuildRules:
    """How masks become a quadmask.

    Attributes:
        grow: pixels to dilate the removed region by.
        grow_affected: pixels to dilate the affected things' tracks by, before any gridding.
        pixel_precise: affected areas as their tracks draw them; things that have none still claim whole cells.
        primary_only_at_first: VOID's convention that the affected area starts one frame after the edit: its first
            frame holds the object alone. Off by default, since a shadow is there from the first frame on; engines
            whose weights learned the convention switch it on.
    """

    grow: int = 0
    grow_affected: int = 0
    pixel_precise: bool = False
    primary_only_at_first: bool = False


def build_quadmask(
    tracks: Sequence[Track],
    reasoning: Reasoning,
    out: Path,
    info: ClipInfo,
    *,
    things: Mapping[str, Track] | None = None,
    rules: BuildRules | None = None,
    frames: range | None = None,
    progress: Progress | None = None,
) -> QuadMask:
    """Write the quadmask of an edit to `out` and open it.

    Args:
        tracks: of the removed objects, on the coded grid.
        things: `open_things(reasoning, folder)`: tracks of what the document names.
        frames: the frames that may change; all others are keep.

    Raises:
        InputError: a track or the document does not fit the plate, or a thing says nowhere where it is.
    """
    rules, frames = rules or BuildRules(), range(len(info.pts)) if frames is None else frames
    _require_fit(tracks, reasoning, things or {}, info)
    with (
        (progress or Silent()).task("Drawing the quadmask", len(info.pts)) as tick,
        QuadMaskWriter(
            out, height=info.height, width=info.width, rate=info.rate, time_base=info.time_base, pts=info.pts
        ) as writer,
    ):
        for labels in draw(tracks, reasoning, things or {}, rules, frames):
            writer.write(labels)
            tick()
    return QuadMask.open(out)


def draw(
    tracks: Sequence[Track], reasoning: Reasoning, things: Mapping[str, Track], rules: BuildRules, frames: range
) -> Iterator[Labels]:
    """The labels of every frame of the clip, one at a time."""
    nothing = np.zeros((reasoning.height, reasoning.width), dtype=np.bool_)
    keep = combine(nothing, nothing)
    going = [*tracks, *(things[r.name] for r in reasoning.removed_with if r.name in things)]
    for index in range(reasoning.frames):
        if index not in frames:
            yield keep
            continue
        remove = _union([track.mask(index) for track in going if track.box(index)], nothing)
        parts = [_affected_by(thing, things.get(thing.id), reasoning, rules, index) for thing in reasoning.affected]
        labels = combine(dilate(remove, rules.grow), _union(parts, nothing))
        yield primary_only(labels) if rules.primary_only_at_first and index == frames.start else labels


def open_things(reasoning: Reasoning, folder: Path) -> dict[str, Track]:
    """The tracks that a document names: affected things by id, what goes with the object by name.

    Raises InputError when a file is missing or no track.
    """
    named = [(thing.id, thing.track) for thing in reasoning.affected]
    named += [(belonging.name, belonging.track) for belonging in reasoning.removed_with]
    return {key: Track(folder / track) for key, track in named if track is not None}


def place_instead(thing: Thing, frame: int) -> Cell | None:
    """The cell where a thing's centre would be on a frame, had the object never been there.

    Between the points of its path it moves straight and evenly; after the last one it stays there, or at its place of
    rest. None outside onset..end and before its path begins.
    """
    if not thing.onset <= frame <= thing.end:
        return None
    if not thing.path:
        return thing.rest_place
    if frame < thing.path[0].frame:
        return None
    for a, b in pairwise(thing.path):
        if a.frame <= frame < b.frame:
            t = (frame - a.frame) / (b.frame - a.frame)
            row, column = ((1 - t) * p + t * q for p, q in zip(a.cell, b.cell, strict=True))
            return round(row), round(column)
    last = thing.path[-1]
    return thing.rest_place if thing.rest_place and frame > last.frame else last.cell


def _affected_by(thing: Thing, track: Track | None, reasoning: Reasoning, rules: BuildRules, frame: int) -> Mask:
    """H x W: where one thing differs on one frame."""
    height, width, grid = reasoning.height, reasoning.width, reasoning.grid
    cells = set(thing.cells_on(frame)) if track is None or not rules.pixel_precise else set()
    cells |= set(thing.cells_instead_on(frame))
    centre = None if thing.cells_instead else place_instead(thing, frame)
    if centre is not None:
        cells |= set(cells_around(centre, thing.size_cells or (1, 1), grid))
    area = fill_cells(cells, grid, height, width)
    if track is None or not thing.onset <= frame <= thing.end or not track.box(frame):
        return area
    seen = dilate(track.mask(frame), rules.grow_affected)
    return area | (seen if rules.pixel_precise else gridify(seen, grid))


def _union(masks: Sequence[Mask], nothing: Mask) -> Mask:
    return np.asarray(np.logical_or.reduce([nothing, *masks]))


def _require_fit(tracks: Sequence[Track], reasoning: Reasoning, things: Mapping[str, Track], info: ClipInfo) -> None:
    length, height, width = len(info.pts), info.height, info.width
    reasoning.require_fit(length, height, width, "reasoning")
    for track in (*tracks, *things.values()):
        if (len(track), track.height, track.width) != (length, height, width):
            raise InputError(
                f"the track has {len(track)} frames of {track.width} x {track.height}, "
                f"the plate has {length} of {width} x {height}",
                where=str(track.path),
                remedy="Select the object again on this plate.",
            )
    for thing in reasoning.affected:
        if not (thing.id in things or thing.cells_by_time or thing.path or thing.rest_place or thing.cells_instead):
            raise InputError(
                f"affected thing '{thing.id}' says nowhere where it is",
                where="reasoning",
                remedy="Give it cells_by_time, cells_instead, a path, a rest_place or a track, or leave it out.",
            )
