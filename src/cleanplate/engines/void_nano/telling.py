"""What the model is told of a window: plate, clean plate and quadmask on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.footage import shrunk
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.on_grid import laid
from cleanplate.engines.void_nano.window import Window
from cleanplate.masks.labels import KEEP, Labels

Real = NDArray[np.float32]


@dataclass(frozen=True)
class Told:
    """A window, upright and filled up to the model's multiples.

    Attributes:
        plate, clean: T x rows x columns x 3 uint8, sRGB; the same where the labels say keep.
        labels: T x rows x columns uint8; beyond the window's end everything is kept.
    """

    plate: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def tell(plate: Plate, clean: CleanPlate, window: Window) -> Told:
    """Read a window of the plate, once."""
    wanted, shown, empty, marks = set(window.frames), list[Real](), list[Real](), list[Labels]()
    size, box = plate.framing.size.coded, plate.framing.box
    for frame in plate.clip.frames(window.frames[0], window.frames[-1] + 1):
        if frame.index in wanted:
            shown.append(plate.small(frame))
            empty.append(laid(plate, frame, shown[-1], partial(clean.over, frame.index)))
            marks.append(shrunk(plate.quadmask.at(frame.index)[box[0] : box[2], box[1] : box[3]], size))
    return held(plate.framing, window, shown, empty, marks)


def held(
    framing: Framing, window: Window, shown: Sequence[Real], empty: Sequence[Real], marks: Sequence[Labels]
) -> Told:
    """From pictures on the framing's grid, in coded orientation; the last one is held up to the window's length."""
    plate = [_codes(_whole(picture, framing)) for picture in shown]
    labels = [_whole(mark, framing) for mark in marks]
    filled = [_codes(_whole(picture, framing)) for picture in empty]
    clean = [np.where((mark == KEEP)[..., None], a, b) for mark, a, b in zip(labels, plate, filled, strict=True)]
    left = window.length - len(plate)
    kept = np.full_like(labels[-1], KEEP)
    tracks = (plate + [plate[-1]] * left, clean + [plate[-1]] * left, labels + [kept] * left)
    return Told(*(np.stack(track) for track in tracks))


def _whole(picture: NDArray[Any], framing: Framing) -> NDArray[Any]:
    """Upright, its last row and column repeated up to the multiples."""
    below, beside = framing.rows - framing.size.rows, framing.columns - framing.size.columns
    upright = framing.size.upright(picture)
    return np.asarray(cv2.copyMakeBorder(upright, 0, below, 0, beside, cv2.BORDER_REPLICATE))


def _codes(picture: Real) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)
