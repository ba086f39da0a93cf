"""What one frame of the plate shows beside what was drawn for it, and how such looks are made steady over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.propagate.cleaner import Piece
from cleanplate.engines.propagate.footage import halo
from cleanplate.engines.void.lay.alike import Yardstick
from cleanplate.engines.void.lay.compared import Compared
from cleanplate.masks.labels import Labels, changed
from cleanplate.masks.track import MaskBox, mask_box
from cleanplate.media.frame import Frame

Real = NDArray[np.float32]
_AROUND = 32
"""Pixels of the model's grid around what may change, on which the codec's doing is measured."""
_OWN = 0.5
"""Share of a frame's own look in the mean over its neighbours'."""


@dataclass(frozen=True)
class Look:
    """At a frame on which something may change.

    Attributes:
        part: box of the plate that holds all that may, with a rim.
        labels: of the part.
        drawn: rows x columns x 3 on the model's grid, R'G'B' locked to the plate's colours.
        change: rows x columns, 0..1: where that is not what the plate shows.
        pieces: background from elsewhere in the plate.
        doubt: rows x columns, 0..1: where that is not what was drawn; NaN beside the pieces.
    """

    frame: int
    part: MaskBox
    labels: Labels
    drawn: Real
    change: Real
    pieces: tuple[Piece, ...]
    doubt: Real


def look(compared: Compared, frame: Frame, drawn: Real, pieces: Sequence[Piece]) -> Look | None:
    """None where nothing of what is drawn may change.

    Between two beats motion is a guess: what differs there, but is out of reach of all that changed on either, is not
    taken for a change. So what moves by itself stays as the plate has it.
    """
    plate = compared.plate
    labels, small = plate.quadmask.at(frame.index), plate.small(frame)
    part = _part(labels, plate.scale.box)
    if part is None:
        return None
    grid, rows = plate.scale.grid, plate.scale.cells(part)
    window = _cut(grown(rows, _AROUND, *grid))
    stays = plate.stays(frame.index)[window]
    yardstick = Yardstick.of(drawn[window], small[window], stays)
    change, doubt = np.zeros(grid, np.float32), np.full(grid, np.nan, np.float32)
    change[window] = 1 if yardstick is None else yardstick.departure(drawn[window], small[window])
    change[~compared.may_have_changed(frame.index)] = 0
    if yardstick is not None:
        for piece in pieces:
            cells = _cut(plate.scale.cells(piece.box))
            shown = plate.picture_of(plate.scale.down(piece.colour, piece.box))
            doubt[cells] = yardstick.departure(drawn[cells], shown)
    return Look(frame.index, part, labels[_cut(part)], drawn, change, tuple(pieces), doubt)


def steadied(own: Real, around: Sequence[Real]) -> Real:
    """A look's map made steady: never below its own, and no lower than the mean over its neighbours in time.

    So what was seen to change for a moment fades, and what is not sure does not flicker. Where a neighbour says nothing
    (NaN) it counts as the map itself; where that says nothing it is 1.
    """
    if not around:
        return np.nan_to_num(own, nan=1)
    others = [np.where(np.isnan(one), own, one) for one in around]
    steady = np.maximum(own, _OWN * own + (1 - _OWN) * np.mean(others, axis=0, dtype=np.float32))
    return np.nan_to_num(steady, nan=1)


def _part(labels: Labels, box: MaskBox) -> MaskBox | None:
    """With a rim, as far as the box goes."""
    y0, x0, y1, x1 = box
    inner = mask_box(changed(labels[y0:y1, x0:x1]))
    if inner is None:
        return None
    top, left, bottom, right = grown(inner, halo(*labels.shape), y1 - y0, x1 - x0)
    return top + y0, left + x0, bottom + y0, right + x0


def _cut(box: MaskBox) -> tuple[slice, slice]:
    y0, x0, y1, x1 = box
    return np.s_[y0:y1, x0:x1]
