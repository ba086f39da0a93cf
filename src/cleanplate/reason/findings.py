"""From what was found on small upright pictures to the entries of the document, on the coded grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.grid import cell_at, cells_of
from cleanplate.masks.reasoning import Cell, CellsAt, Grid, Kind, PathPoint, RemovedWith, Thing
from cleanplate.masks.track import Mask, TrackWriter
from cleanplate.reason.footage import Footage

SOURCE = "physics"
_SLACK = 0.013
"""Share of the picture's longer side by which what is seen of a thing may fall short: its edges are soft."""
_DOUBT = 3.0
"""How many times that, more, a claim that nobody believes may be off its place."""
Masks = Mapping[int, Mask]
"""Position -> h x w mask on the small upright picture."""


@dataclass(frozen=True)
class Place:
    """A point (y, x) of the small upright pictures at a position, which may lie beyond the frame."""

    at: int
    y: float
    x: float


class Writer:
    """Writes tracks of things at full size and makes the document's entries.

    Args:
        length: frames of the clip.
    """

    def __init__(self, footage: Footage, folder: Path, length: int) -> None:
        self._footage, self._folder, self._length = footage, folder, length
        self.grid = Grid.of(*footage.size)

    def frame(self, at: int) -> int:
        """The presented frame of a position."""
        return self._footage.frames[at]

    def thing(
        self,
        ident: str,
        name: str,
        kind: Kind,
        masks: Masks,
        *,
        caused_by: str,
        why: str,
        confidence: float,
        path: tuple[Place, ...] = (),
        rest: Place | None = None,
        instead: Masks | None = None,
        will_move: bool = False,
        was_moving: bool = False,
        should_have_stayed: bool = False,
        placed: float | None = None,
    ) -> Thing:
        """The entry of one affected thing, whose track is written beside the document.

        Args:
            masks, instead: where it is from its onset on, and where it would be.
            placed: confidence in the place, if there is anything; by default that in the claim.
        """
        placed = confidence if placed is None else placed
        cells = self._track(ident, name, masks, confidence, placed)
        first = min(masks)
        spoken = sorted({*masks, *(at for at in instead or {} if at >= first)})
        return Thing(
            id=ident,
            name=name,
            kind=kind,
            caused_by=caused_by,
            why=why,
            onset=self.frame(spoken[0]),
            end=self.frame(spoken[-1]),
            will_move=will_move,
            was_moving=was_moving,
            should_have_stayed=should_have_stayed,
            cells_by_time=cells,
            size_cells=self._extent(masks, max(masks, key=lambda at: int(masks[at].sum()))),
            path=tuple(PathPoint(frame=self.frame(p.at), cell=self._cell(p)) for p in path),
            rest_place=None if rest is None else self._cell(rest),
            cells_instead=self._cells(instead, spoken, placed) if instead else (),
            track=f"{ident}.track",
            confidence=round(confidence, 2),
            source=SOURCE,
        )

    def belonging(
        self, ident: str, name: str, masks: Masks, *, removed_with: str, why: str, confidence: float
    ) -> RemovedWith:
        """The entry of something that goes together with the object."""
        self._track(ident, name, masks, confidence, confidence)
        return RemovedWith(
            name=name,
            why=why,
            removed_with=removed_with,
            track=f"{ident}.track",
            confidence=round(confidence, 2),
            source=SOURCE,
        )

    def _track(self, ident: str, name: str, masks: Masks, confidence: float, placed: float) -> tuple[CellsAt, ...]:
        height, width = self._footage.size
        cells: list[CellsAt] = []
        path = self._folder / f"{ident}.track"
        with TrackWriter(path, name=name, length=self._length, height=height, width=width) as track:
            for at in sorted(masks):
                full = self._footage.coded(masks[at], at)
                track.write(self.frame(at), full, confidence)
                touched = self._touched(masks[at], at, placed)
                if not cells or cells[-1].cells != touched:
                    cells.append(CellsAt(frame=self.frame(at), cells=touched))
        return tuple(cells)

    def _cells(self, masks: Masks, spoken: list[int], placed: float) -> tuple[CellsAt, ...]:
        """The touched cells of `spoken` positions, wherever they change; none where there is no mask."""
        cells: list[CellsAt] = []
        for at in spoken:
            touched = self._touched(masks[at], at, placed) if at in masks else ()
            if not cells or cells[-1].cells != touched:
                cells.append(CellsAt(frame=self.frame(at), cells=touched))
        return tuple(cells)

    def _touched(self, mask: Mask, at: int, placed: float) -> tuple[Cell, ...]:
        """The cells of a mask and of what lies around it: its soft edge, and more where its place is less sure."""
        slack = _SLACK * (1 + _DOUBT * (1 - placed)) * max(self._footage.shape)
        return cells_of(self._footage.coded(dilate(mask, slack), at), self.grid)

    def _cell(self, place: Place) -> Cell:
        return cell_at(*self._footage.coded_point(place.y, place.x, place.at), self.grid, *self._footage.size)

    def _extent(self, masks: Masks, at: int) -> Cell:
        """(rows, columns) of cells that a view of a thing touches."""
        touched = np.asarray(cells_of(self._footage.coded(masks[at], at), self.grid)).reshape(-1, 2)
        if not len(touched):
            return 1, 1
        rows, columns = np.ptp(touched, axis=0) + 1
        return int(rows), int(columns)
