"""From tracks and reasoning to a quadmask.

Remove is the objects and what goes with them, by the pixel. Affected is every thing that the reasoning names, from its
onset to its end: where it is seen, and where it would be instead (`masks.sweep`). By default affected areas are whole
cells of the grid (gridify: any pixel claims its cell), as in the masks on which VOID was trained; by the pixel on
request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.brush import dilate
from cleanplate.masks.grid import fill_cells, gridify
from cleanplate.masks.labels import Labels, combine
from cleanplate.masks.parts import PartsWriter, parts_of, parts_path
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.masks.reasoning import Reasoning, Thing
from cleanplate.masks.sweep import Shape, shape_of, swept
from cleanplate.masks.track import Mask, Track
from cleanplate.media.probe import ClipInfo
from cleanplate.progress import Progress, Silent

VERSION = 2
"""Counts up when the same tracks and document give another quadmask."""


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
    """Write the quadmask of an edit to `out`, and who made which region beside it (`masks.parts`), and open it.

    Args:
        tracks: of the removed objects, on the coded grid.
        things: `open_things(reasoning, folder)`: tracks of what the document names.
        frames: the frames that may change; all others are keep.

    Raises:
        InputError: a track or the document does not fit the plate, or a thing says nowhere where it is.
    """
    rules, frames = rules or BuildRules(), range(len(info.pts)) if frames is None else frames
    _require_fit(tracks, reasoning, things or {}, info)
    size = {"height": info.height, "width": info.width}
    with (
        (progress or Silent()).task("Drawing the quadmask", len(info.pts)) as tick,
        PartsWriter(parts_path(out), parts_of(reasoning), **size) as parts,
        QuadMaskWriter(out, **size, rate=info.rate, time_base=info.time_base, pts=info.pts) as writer,
    ):
        for labels, named in draw_parts(tracks, reasoning, things or {}, rules, frames):
            writer.write(labels)
            parts.write(named)
            tick()
    return QuadMask.open(out)


def draw(
    tracks: Sequence[Track], reasoning: Reasoning, things: Mapping[str, Track], rules: BuildRules, frames: range
) -> Iterator[Labels]:
    """The labels of every frame of the clip, one at a time."""
    return (labels for labels, _ in draw_parts(tracks, reasoning, things, rules, frames))


def draw_parts(
    tracks: Sequence[Track], reasoning: Reasoning, things: Mapping[str, Track], rules: BuildRules, frames: range
) -> Iterator[tuple[Labels, dict[str, Mask]]]:
    """The labels of every frame of the clip, and the mask of each part that shows there, by `masks.parts.Part.id`."""
    nothing = np.zeros((reasoning.height, reasoning.width), dtype=np.bool_)
    keep = combine(nothing, nothing)
    going = {track.name: track for track in tracks}
    going |= {r.name: things[r.name] for r in reasoning.removed_with if r.name in things}
    claims = [_Claim.of(thing, things.get(thing.id)) for thing in reasoning.affected]
    for index in range(reasoning.frames):
        if index not in frames:
            yield keep, {}
            continue
        remove = {name: dilate(t.mask(index), rules.grow) for name, t in going.items() if t.box(index)}
        alone = rules.primary_only_at_first and index == frames.start
        affected = {} if alone else {c.thing.id: c.on(index, reasoning, rules) for c in claims}
        yield combine(_union([*remove.values()], nothing), _union([*affected.values()], nothing)), remove | affected


def open_things(reasoning: Reasoning, folder: Path) -> dict[str, Track]:
    """The tracks that a document names: affected things by id, what goes with the object by name.

    Raises InputError when a file is missing or no track.
    """
    named = [(thing.id, thing.track) for thing in reasoning.affected]
    named += [(belonging.name, belonging.track) for belonging in reasoning.removed_with]
    return {key: Track(folder / track) for key, track in named if track is not None}


@dataclass(frozen=True)
class _Claim:
    """One thing's claim on the frames, with its track and the silhouette that goes along its path."""

    thing: Thing
    track: Track | None
    shape: Shape | None

    @classmethod
    def of(cls, thing: Thing, track: Track | None) -> _Claim:
        return cls(thing, track, None if track is None else shape_of(thing, track))

    def on(self, frame: int, reasoning: Reasoning, rules: BuildRules) -> Mask:
        """H x W: where the thing differs on a frame: where it is seen, and where it would be instead."""
        thing, track, grid = self.thing, self.track, reasoning.grid
        size = reasoning.height, reasoning.width
        if thing.cells_instead:
            area = fill_cells(thing.cells_instead_on(frame), grid, *size)
        else:
            area = swept(thing, self.shape, frame, grid, size)
        if track is not None and thing.onset <= frame <= thing.end and track.box(frame):
            area |= dilate(track.mask(frame), rules.grow_affected)
        if track is not None and rules.pixel_precise:
            return area
        return fill_cells(thing.cells_on(frame), grid, *area.shape) | gridify(area, grid)


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
