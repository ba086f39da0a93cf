"""Still background from elsewhere in the plate, for what was drawn anew: the engine `propagate`, told what changed.

Where a beat shows the same as the plate, the plate may be copied from, whatever the quadmask says; where it does not,
or the object is, there is something to fill. So a thing that the object would have thrown over later is copied from
before, and nothing is copied that what was drawn does not show. No texture is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.cleaner import Cleaner, Piece, Settings
from cleanplate.engines.propagate.footage import FREE, HOLE, LIVE, Roles
from cleanplate.engines.propagate.scene import SceneFootage
from cleanplate.engines.propagate.survey import make_survey
from cleanplate.engines.void.lay.compared import Compared
from cleanplate.engines.void.timing import Span
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.track import mask_box
from cleanplate.motion.warp import Box
from cleanplate.pipeline.protocols import Scene

_WINDOW = 240
_HELD = 4
"""Frames whose roles are remembered."""
_SHOWS = 0.25
"""Of a change: from here on it is filled, and not copied from."""


class Background:
    """Fills frames of a span, asked for in rising order.

    Args:
        folder: for what is surveyed.
    """

    def __init__(self, span: Span, compared: Compared, folder: Path) -> None:
        self._footage = _Changed(span, compared)
        self._runs = tuple(_runs(compared.plate.quadmask, span))
        self._folder = folder
        self._cleaner: tuple[range, Cleaner] | None = None

    def at(self, frame: int) -> list[Piece]:
        """Boxes of a frame; `Piece.seen` tells what of them some frame really shows."""
        run = next((run for run in self._runs if frame in run), None)
        if run is None:
            return []
        if self._cleaner is None or self._cleaner[0] != run:
            self._cleaner = run, self._made(run, frame)
        pieces = (_within(piece, self._footage.box) for piece in self._cleaner[1].fill(frame)[0])
        return [piece for piece in pieces if piece is not None]

    def _made(self, run: range, start: int) -> Cleaner:
        settings = Settings()
        around = range(max(0, run.start - settings.reach), min(self._footage.length, run.stop + settings.reach))
        self._folder.mkdir(parents=True, exist_ok=True)
        survey = make_survey(self._footage, around, self._folder, _silent)
        return Cleaner(self._footage, survey, run, settings, folder=self._folder, start=start, invents=False)


class _Changed:
    """The plate as `propagate` sees it, with roles that tell what was drawn anew."""

    def __init__(self, span: Span, compared: Compared) -> None:
        clip, quadmask = compared.plate.clip, compared.plate.quadmask
        self._plate = SceneFootage(Scene(clip, quadmask), quadmask)
        self._span, self._compared = span, compared
        self.height, self.width, self.length = self._plate.height, self._plate.width, self._plate.length
        self.peak, self.dtype = self._plate.peak, self._plate.dtype
        self.box = compared.plate.scale.box
        self._roles = lru_cache(_HELD)(self._found)

    def grays(self, frames: range) -> Iterator[NDArray[np.uint8]]:
        return self._plate.grays(frames)

    def colour(self, index: int, box: Box) -> NDArray[Any]:
        return self._plate.colour(index, box)

    def roles(self, index: int) -> Roles:
        """What the quadmask says; in the span, what is affected counts as removed where it changed, else as kept."""
        return self._roles(index).copy()

    def _found(self, index: int) -> Roles:
        roles, frames = self._plate.roles(index), self._span.frames
        if not frames[0] <= index <= frames[-1]:
            return roles
        y0, x0, y1, x1 = self.box
        live = roles[y0:y1, x0:x1] == LIVE
        inner = mask_box(live)
        if inner is not None:
            top, left, bottom, right = inner
            part = np.s_[y0 + top : y0 + bottom, x0 + left : x0 + right]
            box = y0 + top, x0 + left, y0 + bottom, x0 + right
            shows = self._compared.plate.scale.up_smoothly(self._compared.change(index), box) >= _SHOWS
            roles[part] = np.where(live[top:bottom, left:right], np.where(shows, HOLE, FREE), roles[part])
        return roles


def _within(piece: Piece, box: Box) -> Piece | None:
    """What of a piece lies in a box."""
    y0, x0, y1, x1 = piece.box
    top, left, bottom, right = max(y0, box[0]), max(x0, box[1]), min(y1, box[2]), min(x1, box[3])
    if top >= bottom or left >= right:
        return None
    cut = np.s_[top - y0 : bottom - y0, left - x0 : right - x0]
    return Piece((top, left, bottom, right), piece.colour[cut], piece.alpha[cut], piece.seen[cut])


def _runs(quadmask: QuadMask, span: Span) -> Iterator[range]:
    """Stretches of the span on which anything may change, none longer than a window."""
    start: int | None = None
    for frame in range(span.frames[0], span.frames[-1] + 2):
        inside = frame <= span.frames[-1] and quadmask.box_of_change(frame) is not None
        if start is not None and (not inside or frame - start >= _WINDOW):
            yield range(start, frame)
            start = None
        if inside and start is None:
            start = frame


def _silent(advance: int = 1) -> None:
    """No progress is shown: it is part of laying."""
