"""From pictures on the model's grid, one a beat, to patches of the plate's own frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.patch import Patch
from cleanplate.engines.propagate.cleaner import Piece
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.lay.background import Background
from cleanplate.engines.void.lay.compared import Compared, Drawn, compare
from cleanplate.engines.void.lay.grain import grain_over
from cleanplate.engines.void.lay.look import Look, look, steadied
from cleanplate.engines.void.lay.matte import drawn_alpha
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void.lay.timeline import Timeline
from cleanplate.engines.void.timing import Span
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.track import MaskBox, mask_box
from cleanplate.media.clip import Clip

Real = NDArray[np.float32]
_NEIGHBOURS = 2
"""Frames before and after that make a frame's mattes steady."""


class Laying:
    """Lays one drawn span onto its plate.

    Every pixel takes, softly and by evidence, the plate itself where nothing changed (never where the object is), still
    background that the plate shows elsewhere, or what was drawn. Pixels that are labelled keep are never touched.

    Args:
        quadmask: of the clip, on its coded grid.
        folder: for what is found out on the way; another one for each drawn result. What it holds is taken as it is.
        background: fetch still background by `propagate`.
        grain: what was drawn gets the plate's grain.
        seed: of the grain.
    """

    def __init__(
        self,
        clip: Clip,
        quadmask: QuadMask,
        span: Span,
        framing: Framing,
        *,
        folder: Path,
        background: bool = True,
        grain: bool = True,
        seed: int = 0,
    ) -> None:
        self._plate, self._span, self._folder = Plate(clip, quadmask, framing), span, folder
        self._fetched, self._grain, self._seed = background, grain, seed
        self._feather = float(max(2.0, self._plate.scale.factor))

    def patches(self, drawn: Drawn, start: int = 0) -> Iterator[tuple[int, Patch | None]]:
        """Every frame of the plate from the span's first to its last, `start` or later, with what lies over it.

        Which frame it starts with changes nothing of the others. A handful of frames is in memory.

        Raises:
            ValueError: not one picture for each of the span's frames.
        """
        first, last = max(start, self._span.frames[0]), self._span.frames[-1]
        if first > last:
            return
        compared = compare(self._plate, self._span, drawn, self._folder)
        held: deque[Look | None] = deque(maxlen=2 * _NEIGHBOURS + 1)
        early = max(self._span.frames[0], first - _NEIGHBOURS)
        held.extend([None] * (_NEIGHBOURS - (first - early)))
        for ahead, seen in enumerate(self._looks(compared, early, last + 1), start=early):
            held.append(seen)
            if ahead - _NEIGHBOURS >= first:
                yield ahead - _NEIGHBOURS, self._laid(held, compared)
        for after in range(max(first, last + 1 - _NEIGHBOURS), last + 1):
            held.append(None)
            yield after, self._laid(held, compared)

    def _looks(self, compared: Compared, start: int, stop: int) -> Iterator[Look | None]:
        timeline = Timeline(self._span, self._plate.info, compared.picture)
        others = Background(self._span, compared, self._folder) if self._fetched else None
        for frame in self._plate.clip.frames(start, stop):
            if self._plate.quadmask.box_of_change(frame.index) is None:
                yield None
            else:
                pieces = others.at(frame.index) if others else []
                yield look(compared, frame, timeline.at(frame.index), pieces)

    def _laid(self, held: deque[Look | None], compared: Compared) -> Patch | None:
        """The patch of the middle one."""
        own = held[_NEIGHBOURS] if len(held) > _NEIGHBOURS else None
        if own is None:
            return None
        others = [one for one in held if one is not None and one is not own]
        steady = replace(
            own,
            change=steadied(own.change, [one.change for one in others]),
            doubt=steadied(own.doubt, [one.doubt for one in others]),
        )
        return self._patch(steady, compared)

    def _patch(self, seen: Look, compared: Compared) -> Patch | None:
        scale = self._plate.scale
        alpha = drawn_alpha(seen.labels, scale.up_smoothly(seen.change, seen.part), self._feather)
        inner = mask_box(alpha > 0)
        if inner is None:
            return None
        y0, x0 = seen.part[:2]
        top, left, bottom, right = inner
        part = y0 + top, x0 + left, y0 + bottom, x0 + right
        codes = self._plate.codes_of(scale.up(seen.drawn, part))
        if self._grain and compared.grain is not None:
            codes += grain_over(compared.grain, codes.shape[:2], (self._seed, seen.frame))
        for piece in seen.pieces:
            _covered(codes, part, piece, 1 - scale.up_smoothly(seen.doubt, piece.box))
        return Patch(part[0], part[1], self._plate.stored(codes), alpha[top:bottom, left:right])


def _covered(codes: Real, part: MaskBox, piece: Piece, trust: Real) -> None:
    """Lay a piece over codes of a part, as far as it is trusted and really seen."""
    y0, x0 = max(part[0], piece.box[0]), max(part[1], piece.box[1])
    y1, x1 = min(part[2], piece.box[2]), min(part[3], piece.box[3])
    if y0 >= y1 or x0 >= x1:
        return
    below = codes[y0 - part[0] : y1 - part[0], x0 - part[1] : x1 - part[1]]
    inside = np.s_[y0 - piece.box[0] : y1 - piece.box[0], x0 - piece.box[1] : x1 - piece.box[1]]
    share = np.clip(trust * piece.seen, 0, 1)[inside][..., None]
    below += share * (piece.colour[inside] - below)
