"""Tracks of what an answer names by cells: segmentation where it agrees with the cells, else what differs in them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.brush import erode
from cleanplate.masks.grid import cells_of, fill_cells, touched
from cleanplate.masks.reasoning import Cell, CellsAt
from cleanplate.masks.sweep import Shape
from cleanplate.masks.track import LOST_BELOW, Mask, Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.pipeline.protocols import Segmenter
from cleanplate.progress import Progress
from cleanplate.reason.ground.seeds import moving_part, selection_of
from cleanplate.reason.ground.view import View
from cleanplate.reason.store import MaskStore

_IN_CELLS = 0.7
"""Share of the touched cells that must be named by the answer or lie beside one."""
_OF_CELLS = 0.4
"""Share of the named cells that must be touched."""
_OFTEN = 0.5
"""Share of the frames that name cells on which something must differ there."""

_LESS = 1.0
"""Small pixels by which a track keeps within a person's cells: a pixel beyond would claim the next cell."""
_BRIDGED = 6
"""Frames apart up to which two sights of a thing tell where it was between them."""


@dataclass(frozen=True)
class Named:
    """A thing by its name and its cells.

    Attributes:
        exact: the cells hold as they stand, each until the next; a model names those of a few frames alone.
    """

    name: str
    entries: Sequence[CellsAt]
    exact: bool

    def held(self, frame: int) -> tuple[Cell, ...]:
        """The cells of the last entry up to a frame."""
        return next((entry.cells for entry in reversed(self.entries) if entry.frame <= frame), ())

    def bounds(self, frame: int, view: View) -> Mask | None:
        """H x W: how far the thing may reach on a frame: what lies between the cells before and after it.

        None where nothing is said: before the first entry, and after a model's last one.
        """
        before = self.held(frame)
        after = next((entry.cells for entry in self.entries if entry.frame >= frame), before if self.exact else ())
        if not before or not after:
            return None
        both = view.region({*before, *after})
        if self.exact and {*before} & {*after}:
            return view.footage.coded(erode(both, _LESS))
        hull = np.zeros(view.footage.shape, np.uint8)
        cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(both.astype(np.uint8))), 1)
        return view.footage.coded(erode(hull > 0, _LESS) if self.exact else view.around(hull > 0))


@dataclass(frozen=True)
class Tracker:
    """Finds things by their cells and writes their tracks into `folder`.

    Attributes:
        objects: tracks of the removed objects, which no thing's track may claim.
        frames: that may change.
    """

    clip: Clip
    view: View
    objects: Sequence[Track]
    frames: range
    folder: Path
    segmenter: Segmenter
    progress: Progress

    def follow(self, named: Named, file: str, span: range) -> Track | None:
        """The track of a thing over `span`, or None when nothing in its cells can be told from the rest."""
        return self._segmented(named, file, span) or self._differing(named, file, span)

    def write(self, name: str, file: str, masks: Mapping[int, Mask]) -> Track | None:
        """The track of small upright masks by position; None when there are none."""
        frames = self.view.footage.frames
        return self._written(name, file, ((frames[at], self.view.footage.coded(masks[at]), 1.0) for at in masks))

    def _segmented(self, named: Named, file: str, span: range) -> Track | None:
        entries = [entry for entry in named.entries if entry.frame in span and entry.cells]
        selection = selection_of(named.name, entries, self.view)
        if selection is None:
            return None
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".ground-") as scratch:
            try:
                found = self.segmenter.segment(self.clip, selection, span, Path(scratch) / file, self.progress)
            except InputError:  # nothing there can be told from its surroundings
                return None
            kept = None
            if self._agrees(found, entries):
                kept = self._written(named.name, file, self._sure(found, named, span))
            found.close()
        return kept

    def _sure(self, found: Track, named: Named, span: range) -> Iterator[tuple[int, Mask, float]]:
        """What is believed: where the segmenter is sure, and where the cells vouch; short gaps are bridged."""
        before: tuple[int, Mask, float] | None = None
        for frame in span:
            bounds, confidence = named.bounds(frame, self.view), float(found.confidence[frame])
            if found.box(frame) is None or (bounds is None and confidence < LOST_BELOW):
                continue
            mask = found.mask(frame) if bounds is None else found.mask(frame) & bounds
            if not mask.any():
                continue
            if before is not None and 1 < frame - before[0] <= _BRIDGED:
                yield from bridged(before[:2], (frame, mask))
            before = frame, mask, confidence
            yield before

    def _agrees(self, found: Track, named: Sequence[CellsAt]) -> bool:
        """True when on the frames that name cells the track touches these, and little else."""
        inside, covered = [], []
        for entry in named:
            cells = touched(found.mask(entry.frame) & ~self._object(entry.frame), self.view.grid)
            said = np.zeros_like(cells)
            said[tuple(np.array(entry.cells).T)] = True
            beside = np.zeros(np.add(said.shape, 2), np.bool_)
            for row in range(3):
                for column in range(3):
                    beside[row : row + said.shape[0], column : column + said.shape[1]] |= said
            inside.append((cells & beside[1:-1, 1:-1]).sum() / max(cells.sum(), 1))
            covered.append((cells & said).sum() / said.sum())
        return float(np.mean(inside)) >= _IN_CELLS and float(np.mean(covered)) >= _OF_CELLS

    def _differing(self, named: Named, file: str, span: range) -> Track | None:
        """What differs from the scene's free view in the cells, where on enough frames something does."""
        masks, looked = MaskStore(), 0
        for frame in span:
            at, cells = self.view.position(frame), named.held(frame)
            if at is None or not cells:
                continue
            looked += 1
            found = moving_part(self.view, at, self.view.around(self.view.region(cells)))
            if found is not None:
                masks.put(at, found)
        return self.write(named.name, file, masks) if len(masks) >= max(1.0, _OFTEN * looked) else None

    def whole_cells(self, named: Named, file: str, span: range) -> Track | None:
        """The cells themselves as a track, for what goes although it cannot be told from the rest."""
        size, grid = self.view.footage.size, self.view.grid
        held = ((frame, named.held(frame)) for frame in span)
        masks = ((frame, fill_cells(cells, grid, *size), LOST_BELOW) for frame, cells in held if cells)
        return self._written(named.name, file, masks)

    def _written(self, name: str, file: str, masks: Iterator[tuple[int, Mask, float]]) -> Track | None:
        height, width = self.view.footage.size
        path = self.folder / file
        with TrackWriter(path, name=name, length=len(self.clip), height=height, width=width) as writer:
            for frame, mask, confidence in masks:
                writer.write(frame, mask & ~self._object(frame), confidence)
        track = Track(path)
        if track.frames:
            return track
        track.close()
        path.unlink()
        return None

    def _object(self, frame: int) -> Mask:
        """H x W: where any of the removed objects is."""
        return np.asarray(np.logical_or.reduce([track.mask(frame) for track in self.objects]))


def bridged(before: tuple[int, Mask], after: tuple[int, Mask]) -> Iterator[tuple[int, Mask, float]]:
    """The frames between two on which a thing was seen: its earlier shape, on the straight way to the later one."""
    shape, (first, start), (last, stop) = Shape.of(before[1]), before, after
    ways = [np.argwhere(mask).mean(axis=0) for mask in (start, stop)]
    for frame in range(first + 1, last):
        t = (frame - first) / (last - first)
        mask = np.zeros_like(start)
        shape.paste(mask, *((1 - t) * ways[0] + t * ways[1]))
        if mask.any():
            yield frame, mask, LOST_BELOW


def cells_by_time(track: Track, span: range, view: View) -> tuple[CellsAt, ...]:
    """The cells that a track touches, an entry where they change."""
    entries: list[CellsAt] = []
    for frame in span:
        cells = cells_of(track.mask(frame), view.grid)
        if not entries or entries[-1].cells != cells:
            entries.append(CellsAt(frame=frame, cells=cells))
    return tuple(entries)
