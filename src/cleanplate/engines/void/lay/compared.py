"""What was drawn beside the plate, once over all beats: how its colours are off, and where it shows something else.

It lies on disk in memory-mapped files: laying asks for beats in order, background from elsewhere for any of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.grain import Grain
from cleanplate.engines.void.lay.alike import Yardstick
from cleanplate.engines.void.lay.grain import between, flattest, usual
from cleanplate.engines.void.lay.lock import CELL, gap_field, raised
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void.timing import Span
from cleanplate.files import atomic, disk_errors, reserve
from cleanplate.masks.track import MaskBox
from cleanplate.media.frame import Frame

Real = NDArray[np.float32]
_GRAINS = 8
"""Pairs of frames at most on which grain is measured."""
_CHANGE = 255
_REACH, _LEAST_REACH = 1 / 28, 4
"""Of the grid's columns, and in pixels: how far a change may have come from one beat to halfway to the next."""


class Drawn(Protocol):
    """One picture for each of a span's frames, such as `engines.void.pictures.Pictures`."""

    def __len__(self) -> int: ...

    def at(self, place: int) -> Real:
        """Rows x columns x 3 R'G'B' in 0..1, upright, of the framing's size; cheapest in order."""
        ...


@dataclass(frozen=True)
class Compared:
    """Of every beat.

    Attributes:
        fields: beats x cells x 3 float32, what locks the colours (`lock.gap_field`).
        changes: beats x rows x columns uint8, 0..255: where what was drawn is not what the plate shows.
        grain: the plate's, None where it could not be measured.
    """

    plate: Plate
    span: Span
    drawn: Drawn
    fields: Real
    changes: NDArray[np.uint8]
    grain: Grain | None

    def picture(self, place: int) -> Real:
        """What was drawn, its colours locked to the plate's; in coded orientation."""
        drawn = self.plate.framing.size.turned_back(self.drawn.at(place))
        return np.clip(drawn + raised(np.asarray(self.fields[place]), drawn.shape[:2]), 0, 1)

    def change(self, frame: int) -> Real:
        """Rows x columns, 0..1, at a frame of the plate in the span: between two beats, what has changed on either."""
        frames = self.span.frames
        around = self.changes[bisect_right(frames, frame) - 1 : bisect_left(frames, frame) + 1]
        return np.asarray(around.max(axis=0), np.float32) / np.float32(_CHANGE)

    def may_have_changed(self, frame: int) -> NDArray[np.bool_]:
        """Rows x columns: within reach of what has changed on a beat beside the frame."""
        side = 2 * max(_LEAST_REACH, round(self.plate.scale.grid[1] * _REACH)) + 1
        wide = cv2.dilate((self.change(frame) > 0).astype(np.uint8), np.ones((side, side), np.uint8))
        return np.asarray(wide > 0)


def compare(plate: Plate, span: Span, drawn: Drawn, folder: Path) -> Compared:
    """Look at all beats, or take what a former look has left in the folder.

    Raises:
        ValueError: not one picture for each of the span's frames.
    """
    if len(drawn) != len(span.frames):
        raise ValueError(f"{len(drawn)} pictures for {len(span.frames)} frames")
    fields, changes, grain = (folder / f"{name}.npy" for name in ("fields", "changes", "grain"))
    if not grain.is_file():
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            found = _look(plate, span, drawn, fields, changes)
            with atomic(grain) as partial, partial.open("wb") as stream:  # last: it says that all is there
                np.save(stream, np.zeros((0, 0), np.float32) if found is None else found.sigma)
    sigma = np.load(grain)
    field_file, change_file = np.load(fields, mmap_mode="r"), np.load(changes, mmap_mode="r")
    return Compared(plate, span, drawn, field_file, change_file, Grain(sigma) if sigma.size else None)


def _look(plate: Plate, span: Span, drawn: Drawn, fields: Path, changes: Path) -> Grain | None:
    """Write both files; the grain."""
    rows, columns = plate.scale.grid
    cells = (-(-rows // CELL), -(-columns // CELL))
    field_file = _mapped(fields, np.float32, (len(drawn), *cells, 3))
    change_file = _mapped(changes, np.uint8, (len(drawn), rows, columns))
    places = {frame: place for place, frame in enumerate(span.frames)}
    every = max(1, len(drawn) // _GRAINS)
    grains = list[Grain]()
    before: tuple[Frame, MaskBox] | None = None
    for frame in plate.clip.frames(span.frames[0], span.frames[-1] + 1):
        if before is not None and (found := between(plate, before[0], frame, before[1])) is not None:
            grains.append(found)
        before = None
        if frame.index not in places:
            continue
        place, small = places[frame.index], plate.small(frame)
        stays = plate.stays(frame.index)
        field, change = _beat(plate, drawn.at(place), small, stays)
        field_file[place], change_file[place] = field, np.rint(change * _CHANGE)
        if place % every == 0 and (tile := flattest(plate, small, stays)) is not None:
            before = frame, tile
    field_file.flush()
    change_file.flush()
    return usual(grains)


def _beat(plate: Plate, drawn: Real, small: Real, stays: NDArray[np.bool_]) -> tuple[Real, Real]:
    """Field and change of a beat."""
    drawn = plate.framing.size.turned_back(drawn)
    field = gap_field(drawn, small, stays)
    locked = np.clip(drawn + raised(field, stays.shape), 0, 1)
    yardstick = Yardstick.of(locked, small, stays)
    change = np.ones(stays.shape, np.float32) if yardstick is None else yardstick.departure(locked, small)
    return field, change


def _mapped(path: Path, dtype: Any, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[Any]]:
    """An array in a file whose room on the disk is taken."""
    mapped = np.lib.format.open_memmap(path, "w+", dtype, shape)
    reserve(path, path.stat().st_size)
    return mapped
