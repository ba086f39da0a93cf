"""A quick look before there is a plan: what the model would be told, its clean plate filled at small size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.cleaner import Cleaner, Settings
from cleanplate.engines.propagate.footage import Roles, shrink_roles, survey_size
from cleanplate.engines.propagate.survey import make_survey
from cleanplate.engines.void.footage import colours, shrunk
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.clean import Emptied
from cleanplate.engines.void_nano.telling import Told, held
from cleanplate.engines.void_nano.window import Window
from cleanplate.masks.labels import Labels
from cleanplate.motion.warp import Box

_FINER = 4
"""Times the model's grid."""
_PEAK = 65535
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
Codes = NDArray[np.uint16]


class Small:
    """A window in memory, as `propagate` takes footage: 16-bit R'G'B' of every beat."""

    def __init__(self, pictures: list[Codes], roles: list[Roles]) -> None:
        self.pictures, self.length, self._roles = pictures, len(roles), roles
        self.height, self.width = int(roles[0].shape[0]), int(roles[0].shape[1])
        self.peak, self.dtype = float(_PEAK), np.dtype(np.uint16)

    def grays(self, frames: range) -> Iterator[NDArray[np.uint8]]:
        size = survey_size(self.height, self.width)
        for frame in frames:
            gray = (self.pictures[frame] @ _LUMA * np.float32(255 / _PEAK)).round().astype(np.uint8)
            yield cv2.resize(gray, size[::-1], interpolation=cv2.INTER_AREA)

    def colour(self, index: int, box: Box) -> Codes:
        return self.pictures[index]

    def roles(self, index: int) -> Roles:
        return self._roles[index]

    def filled(self, index: int, cleaner: Cleaner) -> Codes:
        """A picture with what may change filled."""
        picture = self.pictures[index].copy()
        for piece in cleaner.fill(index)[0]:
            y0, x0, y1, x1 = piece.box
            codes = np.rint(np.clip(piece.colour, 0, _PEAK)).astype(np.uint16)
            picture[y0:y1, x0:x1] = np.where((piece.alpha >= 1)[..., None], codes, picture[y0:y1, x0:x1])
        return picture


def glance(plate: Plate, emptied: Emptied, window: Window, seed: int) -> Told:
    """What the model would be told, nearly."""
    small, (rows, columns) = _read(plate, emptied, window), plate.scale.grid
    marks = [_labels(plate, frame, (rows, columns)) for frame in window.frames]
    with TemporaryDirectory() as folder:
        beats = range(small.length)
        survey = make_survey(small, beats, Path(folder), lambda advance=1: None)
        cleaner = Cleaner(small, survey, beats, Settings(seed=seed), folder=Path(folder), start=0)
        empty = [small.filled(beat, cleaner) for beat in beats]
    shown, clean = (
        [np.asarray(cv2.resize(one, (columns, rows), interpolation=cv2.INTER_AREA) / _PEAK, np.float32) for one in many]
        for many in (small.pictures, empty)
    )
    return held(plate.framing, window, shown, clean, marks)


def _read(plate: Plate, emptied: Emptied, window: Window) -> Small:
    """The beats, four times as fine as the model's grid, or as fine as the plate."""
    framing, wanted = plate.framing, set(window.frames)
    y0, x0, y1, x1 = framing.box
    finer = (plate.scale.grid[0] * _FINER, plate.scale.grid[1] * _FINER)
    size = min(finer, plate.scale.size, key=math.prod)
    pictures, roles = list[Codes](), list[Roles]()
    for frame in plate.clip.frames(window.frames[0], window.frames[-1] + 1):
        if frame.index in wanted:
            shown = colours(framing.cut(frame, plate.info), framing.info(plate.info), size)
            pictures.append(np.rint(shown * _PEAK).astype(np.uint16))
            roles.append(shrink_roles(emptied.roles(frame.index)[y0:y1, x0:x1], size))
    return Small(pictures, roles)


def _labels(plate: Plate, frame: int, size: tuple[int, int]) -> Labels:
    y0, x0, y1, x1 = plate.framing.box
    return shrunk(plate.quadmask.at(frame)[y0:y1, x0:x1], size)
