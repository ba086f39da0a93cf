"""Fills frame after frame: sources chosen per stretch of time, gathered, completed, grained and matted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import boxes_of, grown
from cleanplate.engines.propagate.choose import Chooser
from cleanplate.engines.propagate.footage import CAST, FREE, HOLE, Footage, halo
from cleanplate.engines.propagate.gather import Gathered, gather
from cleanplate.engines.propagate.geometry import Relation, with_depth
from cleanplate.engines.propagate.grain import Grain, make_grain
from cleanplate.engines.propagate.matte import cast_alpha, hole_alpha
from cleanplate.engines.propagate.plates import Plates, context_of
from cleanplate.engines.propagate.source import Shelf, Source
from cleanplate.engines.propagate.standing import Standing
from cleanplate.engines.propagate.steady import Steady
from cleanplate.engines.propagate.survey import Survey
from cleanplate.masks.track import mask_box
from cleanplate.motion.flow import make_flow
from cleanplate.motion.membrane import complete
from cleanplate.motion.warp import Box, rescaled, send

_KEY_STEP = 12
_NEARNESS = 10.0
_PLATE_STANDING = 0.02
_SEEN = 0.5
_TOLERATED = 0.01
"""Share of the hole that may be bridged by a membrane alone; more asks for a clean plate."""
_HERO_REACH, _HERO_STEP = 96, 3


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on besides the footage.

    Attributes:
        sources: frames to copy from at a time.
        reach: how far from a frame they may lie.
        flow: name of the optical flow (`motion.flow`).
    """

    seed: int = 0
    sources: int = 4
    reach: int = 120
    flow: str = "dis"


@dataclass(frozen=True)
class Piece:
    """A filled box of a frame: float colour codes (h x w x C) and alpha (h x w, 0..1).

    Attributes:
        seen: h x w, 0..1, how surely some frame of the plate shows the pixel.
    """

    box: Box
    colour: NDArray[np.float32]
    alpha: NDArray[np.float32]
    seen: NDArray[np.float32]


@dataclass
class Counts:
    """Pixels of a frame: to be filled in the hole, of them never seen by any frame used; shadow and reflection."""

    hole: int = 0
    never_seen: int = 0
    cast: int = 0
    cast_changed: int = 0


class Cleaner:
    """Fills the frames of one run, asked for in order.

    Args:
        run: consecutive frames with something to fill.
        start: first frame that will be asked for (later than the run's first after a kill).
        folder: for clean plates.
        invents: what no frame shows is filled with texture; otherwise only smoothly.
    """

    def __init__(
        self,
        footage: Footage,
        survey: Survey,
        run: range,
        settings: Settings,
        *,
        folder: Path,
        start: int,
        invents: bool = True,
    ) -> None:
        self._footage, self._survey, self._run, self._settings = footage, survey, run, settings
        self._invents = invents
        steady = Steady(survey)
        self._chooser = Chooser(survey, steady, settings.sources, settings.reach)
        self._shelf = Shelf(footage, steady, 2 * settings.sources + 1)
        self._flow = make_flow(settings.flow)
        self._plates = Plates(footage, folder, settings.seed, start)
        self._chosen: dict[int, list[int]] = {}
        self._relations: dict[tuple[int, int], Relation] = {}
        self._standing = Standing(survey, self._flow)
        self._grow = halo(footage.height, footage.width)

    def fill(self, frame: int) -> tuple[list[Piece], Counts]:
        """The pieces of one frame, and what they are made of."""
        self._relations.clear()
        roles = self._footage.roles(frame)
        counts = Counts()
        pieces = [self._piece(frame, box, roles, counts) for box in boxes_of(roles >= CAST)]
        return [piece for piece in pieces if piece is not None], counts

    def _piece(self, frame: int, box: Box, roles: NDArray[np.uint8], counts: Counts) -> Piece | None:
        y0, x0, y1, x1 = box
        part = roles[y0:y1, x0:x1]
        hole = part == HOLE
        alpha = hole_alpha(hole, part > FREE, self._grow)
        got = self._gather(frame, box)
        missing = (got.covered < _SEEN) & (alpha > 0)
        if self._invents and missing.sum() > _TOLERATED * max(1, int(hole.sum())):
            got = self._with_plate(frame, box, alpha > 0)
            missing = (got.covered < _SEEN) & (alpha > 0)
        colour = complete(got.colour, got.covered >= _SEEN) if missing.any() else got.colour
        cast = part == CAST
        plate = self._shelf.get(frame, self._needed(frame, box)).colour[y0:y1, x0:x1].astype(np.float32)
        if cast.any():
            shade = cast_alpha(plate, colour, got.seen, cast, self._noise(got.grain))
            counts.cast += int(cast.sum())
            counts.cast_changed += int((shade > 0).sum())
            alpha = np.maximum(alpha, shade)
        counts.hole += int(hole.sum())
        counts.never_seen += int((hole & (got.seen < _SEEN)).sum())
        inner = mask_box(alpha > 0)
        if inner is None:
            return None
        colour = self._grained(colour, got, frame, box)
        top, left, bottom, right = inner
        cut = np.s_[top:bottom, left:right]
        return Piece((y0 + top, x0 + left, y0 + bottom, x0 + right), colour[cut], alpha[cut], got.seen[cut])

    def _grained(self, colour: NDArray[np.float32], got: Gathered, frame: int, box: Box) -> NDArray[np.float32]:
        """The mean of several frames has lost grain; give back just what is missing."""
        if got.grain is None:
            return colour
        rng = np.random.default_rng([self._settings.seed, frame, *box])
        lost = np.sqrt(np.clip(1 - 1 / np.maximum(got.copies, 1), 0, 1)).astype(np.float32)
        return colour + lost[..., None] * make_grain(got.grain, colour.shape[0], colour.shape[1], rng)

    def _noise(self, grain: Grain | None) -> float:
        floor = 0.004 * self._footage.peak
        return floor if grain is None else max(floor, float(grain.total.max()))

    def _gather(self, frame: int, box: Box) -> Gathered:
        made = [(plate, _PLATE_STANDING) for plate in self._plates.sources if self._reachable(frame, plate.frame)]
        witnesses = list(self._witnesses(frame, box))
        self._settle(frame, [source.frame for source, _ in [*witnesses, *made]])
        target = self._shelf.get(frame, self._needed(frame, box))
        return gather(target, box, [*witnesses, *made], self._relate, self._footage.peak)

    def _settle(self, frame: int, sources: list[int]) -> None:
        """Find the relations to all sources together: they share the depth of what the frame hides."""
        if any((frame, source) not in self._relations for source in sources):
            single = {source: self._related(frame, source) for source in sources}
            together = with_depth(self._survey, frame, single)
            self._relations |= {(frame, source): relation for source, relation in together.items()}

    def _reachable(self, frame: int, other: int) -> bool:
        return other in self._survey.frames and self._survey.same_scene(frame, other)

    def _with_plate(self, frame: int, box: Box, wanted: NDArray[np.bool_]) -> Gathered:
        """Gather again with a clean plate of the frame that hides most, then, if need be, with one of this frame."""
        got = self._gather(frame, box)
        for hero in (self._hero(frame), frame):
            if hero in self._plates.frames:
                continue
            hole = self._footage.roles(hero) >= CAST
            context = context_of(hole)
            witnesses = list(self._witnesses(hero, context))
            self._settle(hero, [source.frame for source, _ in witnesses])
            self._plates.make(frame, self._shelf.get(hero, context), context, witnesses, self._relate)
            got = self._gather(frame, box)
            if ((got.covered < _SEEN) & wanted).sum() <= _TOLERATED * wanted.sum():
                break
        return got

    def _hero(self, frame: int) -> int:
        """The frame, from this one on, with most that is never seen."""
        ahead = range(frame, min(self._run.stop, frame + _HERO_REACH), _HERO_STEP)
        near = [n for n in ahead if self._reachable(frame, n)]
        return max(near, key=lambda n: (self._chooser.never_seen(n), -n))

    def _witnesses(self, frame: int, box: Box) -> Iterator[tuple[Source, float]]:
        """Sources of the two key frames around this one, fading from one set to the other."""
        position = (frame - self._run.start) / _KEY_STEP
        standing: dict[int, float] = {}
        for key in (int(position), int(position) + 1):
            share = 1 - abs(position - key)
            for source in self._sources(key) if share > 0 else []:
                if source != frame and self._survey.same_scene(frame, source):
                    standing[source] = standing.get(source, 0) + share / (1 + abs(frame - source) / _NEARNESS)
        for source, weight in sorted(standing.items()):
            yield self._shelf.get(source, self._needed(source, self._seen_from(frame, source, box))), weight

    def _needed(self, frame: int, box: Box) -> Box:
        """A box with room for what parallax and the next frames will ask for, so that it is seldom read again."""
        return grown(box, 64 + 8 * self._grow, self._footage.height, self._footage.width)

    def _seen_from(self, target: int, source: int, box: Box) -> Box:
        """Where a box of the target lies in the source, by the camera's path."""
        sy, sx = self._survey.scale
        y0, x0, y1, x1 = box
        corners = np.array([(x0, y0), (x1, y0), (x0, y1), (x1, y1)], np.float64)
        there = send(rescaled(self._survey.guess(target, source), sx, sy), corners)
        height, width = self._footage.height, self._footage.width
        left, top = np.clip(np.floor(there.min(axis=0)), 0, (width - 1, height - 1)).astype(int).tolist()
        right, bottom = np.clip(np.ceil(there.max(axis=0)), (left + 1, top + 1), (width, height)).astype(int).tolist()
        return top, left, bottom, right

    def _sources(self, key: int) -> list[int]:
        if key not in self._chosen:
            middle = min(self._run.start + key * _KEY_STEP, self._run.stop - 1)
            around = (middle - _KEY_STEP // 2, middle, middle + _KEY_STEP // 2)
            targets = sorted({n for n in around if n in self._run and self._survey.same_scene(middle, n)})
            self._chosen[key] = self._chooser.sources(targets)
        return self._chosen[key]

    def _relate(self, target: int, source: int) -> Relation:
        if (target, source) not in self._relations:
            self._relations[target, source] = self._related(target, source)
        return self._relations[target, source]

    def _related(self, target: int, source: int) -> Relation:
        return self._standing.relate(*self._keys(target), target, source)

    def _keys(self, frame: int) -> tuple[int, int]:
        """Frames before and after, in even steps from the run's first, between which sources are the same."""
        before = max(0, frame - self._run.start) // _KEY_STEP
        first, last = self._run.start, self._run.stop - 1
        start, stop = (min(first + key * _KEY_STEP, last) for key in (before, before + 1))
        return start, stop
