"""The clean plate: what is removed and what goes elsewhere filled by `propagate`, kept on disk frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.cleaner import Cleaner, Piece, Settings
from cleanplate.engines.propagate.footage import FREE, HOLE, Roles, halo
from cleanplate.engines.propagate.scene import SceneFootage
from cleanplate.engines.propagate.survey import make_survey
from cleanplate.engines.void_nano.boxes import cut, within
from cleanplate.files import atomic
from cleanplate.masks.labels import changed, removed
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.track import MaskBox
from cleanplate.pipeline.protocols import Scene
from cleanplate.progress import Tick

_Stored = tuple[MaskBox, NDArray[Any], NDArray[np.bool_]]
"""Box, colour in layer codes, and where it is filled."""


class Emptied(SceneFootage):
    """A plate without the removed and without affected things where they are, both to be filled.

    Where a thing is to land, the plate shows the ground already. Where nothing says where things are, as with a mask
    that the user brought, everything that may change is filled.
    """

    def __init__(self, scene: Scene, quadmask: QuadMask) -> None:
        super().__init__(scene, quadmask)
        self._labels = quadmask
        things = scene.reasoning.affected if scene.reasoning else ()
        placed = all(thing.id in scene.things or thing.cells_by_time for thing in things)
        self._things = things if placed else ()

    def roles(self, index: int) -> Roles:
        labels = self._labels.at(index)
        hides = changed(labels)
        if self._things:
            hides &= removed(labels) | self._affected(index)
        return np.where(hides, HOLE, FREE).astype(np.uint8)

    def _affected(self, index: int) -> NDArray[np.bool_]:
        """Where affected things are on a frame, with what blur and codec have touched around them."""
        there = np.zeros((self.height, self.width), np.uint8)
        for thing in self._things:
            if thing.onset <= index <= thing.end:
                there |= self._region(thing, index).view(np.uint8)
        side = 2 * halo(self.height, self.width) + 1
        return np.asarray(cv2.dilate(there, np.ones((side, side), np.uint8)), np.bool_)


class CleanPlate:
    """Filled frames in a folder, each whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, scene: Scene, quadmask: QuadMask, runs: Sequence[range], seed: int, tick: Tick) -> None:
        """Fill what is not filled yet. The same comes of it however often it is interrupted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        footage = Emptied(scene, quadmask)
        for run in runs:
            missing = next((frame for frame in run if not self._path(frame).is_file()), run.stop)
            tick(missing - run.start)
            if missing < run.stop:
                cleaner = self._cleaner(footage, run, missing, seed)
                for frame in range(missing, run.stop):
                    self._write(frame, cleaner.fill(frame)[0], footage)
                    tick()

    def over(self, frame: int, codes: NDArray[np.float32], part: MaskBox) -> NDArray[np.bool_]:
        """Lay what is filled over a part of the frame, in place; where that is."""
        where = np.zeros(codes.shape[:2], np.bool_)
        for box, colour, filled in self._pieces(frame):
            if (common := within(box, part)) is not None:
                inner, outer = cut(common, box), cut(common, part)
                codes[outer] = np.where(filled[inner][..., None], colour[inner], codes[outer])
                where[outer] |= filled[inner]
        return where

    def _cleaner(self, footage: Emptied, run: range, start: int, seed: int) -> Cleaner:
        settings = Settings(seed=seed)
        around = range(max(0, run.start - settings.reach), min(footage.length, run.stop + settings.reach))
        survey = make_survey(footage, around, self._folder, _silent)
        return Cleaner(footage, survey, run, settings, folder=self._folder, start=start)

    def _write(self, frame: int, pieces: Sequence[Piece], footage: Emptied) -> None:
        stored: dict[str, Any] = {}
        for number, piece in enumerate(pieces):
            colour = piece.colour
            if footage.dtype.kind != "f":
                colour = np.rint(np.clip(colour, 0, footage.peak))
            stored |= {
                f"box{number}": np.array(piece.box),
                f"colour{number}": colour.astype(footage.dtype),
                f"filled{number}": piece.alpha >= 1,
            }
        with atomic(self._path(frame)) as partial, partial.open("wb") as file:
            np.savez(file, **stored)

    def _pieces(self, frame: int) -> Iterator[_Stored]:
        if not self._path(frame).is_file():
            return
        with np.load(self._path(frame)) as stored:
            for number in range(len(stored.files) // 3):
                y0, x0, y1, x1 = stored[f"box{number}"].tolist()
                yield (y0, x0, y1, x1), stored[f"colour{number}"], stored[f"filled{number}"]

    def _path(self, frame: int) -> Path:
        return self._folder / f"frame-{frame:08d}.npz"


_silent: Callable[..., None] = lambda advance=1: None  # noqa: E731
