"""One score a frame and one a thing: percent of its size by which a thing departs from smooth motion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import Drift, drift
from cleanplate.engines.void.morph.follow import Follower, Step
from cleanplate.engines.void.morph.window import Rgb

WEIGHTS = Drift(surface=1.0, outline=1.0, size=1.0, colour=0.3, torn=0.03)
"""What counts as one percent of a thing's size."""
THRESHOLD = 4.0
"""Percent of a thing's size above which pass 1 is taken to have morphed it."""
_TOP = 3
"""A thing's score is the mean of so many highest frames: one alone may be a bounce."""
_MOVED = 0.25
"""Of its own size, how far a thing goes at least that counts as moving."""


@dataclass(frozen=True)
class Start:
    """Where a thing is first seen.

    Attributes:
        thing: its id in the reasoning, or a name.
        frame: the frame of the clip.
        mask: H x W bool, not empty, at the clip's size.
    """

    thing: str
    frame: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class MorphScore:
    """What became of one thing.

    Attributes:
        thing: as in its `Start`.
        score: mean of the three highest of `curve`, in percent of the thing's size; 0 for one that was not followed.
        frames: those that were measured, in order; without those on which the thing reaches the picture's edge.
        curve: for each of them, by how many percent of its size the thing departs from smooth motion.
        drifts: what the curve is made of.
        moved: how far it went from its start at most, in its own sizes.
        lost: the frame from which it was not found any more, or None.
    """

    thing: str
    score: float
    frames: tuple[int, ...]
    curve: tuple[float, ...]
    drifts: tuple[Drift, ...]
    moved: float
    lost: int | None

    @property
    def morphs(self) -> bool:
        """Whether it moves and does not keep its shape."""
        return self.moved >= _MOVED and self.score > THRESHOLD

    @property
    def worst(self) -> int | None:
        """The frame with the highest departure."""
        return self.frames[int(np.argmax(self.curve))] if self.frames else None

    def document(self) -> dict[str, Any]:
        """JSON values for the manifest."""
        return {**asdict(self), "morphs": self.morphs, "threshold": THRESHOLD}


def departure(one: Drift, weights: Drift = WEIGHTS) -> float:
    """Percent of a thing's size: the root of the sum of the weighted measures' squares."""
    values, counts = (np.array(list(asdict(each).values())) for each in (one, weights))
    return float(np.linalg.norm(values * counts))


class MorphCheck:
    """Follows things through a clip that is shown to it frame by frame; memory does not grow with the pictures."""

    def __init__(self, starts: Iterable[Start]) -> None:
        self._waiting: dict[int, list[Start]] = {}
        self._followed: list[_Followed] = []
        self._frame = -1
        for start in starts:
            self.expect(start)

    def expect(self, start: Start) -> None:
        """Follow a thing, too, from a frame that was not shown yet."""
        if start.frame <= self._frame:
            raise ValueError(f"frame {start.frame} has been shown already")
        if not start.mask.any():
            raise ValueError(f"the mask of '{start.thing}' is empty")
        self._waiting.setdefault(start.frame, []).append(start)

    def see(self, picture: NDArray[Any]) -> None:
        """The clip's next frame: H x W x 3, uint8 or float32 in 0..1."""
        self._frame += 1
        shown = as_uint8(picture)
        for one in self._followed:
            one.see(shown)
        self._followed += [_Followed(start, shown) for start in self._waiting.pop(self._frame, [])]

    def scores(self) -> tuple[MorphScore, ...]:
        """Of every thing so far, in order of their starts."""
        return tuple(one.score() for one in self._followed)


def morph_scores(pictures: Iterable[NDArray[Any]], starts: Sequence[Start]) -> tuple[MorphScore, ...]:
    """Of things in a clip (H x W x 3 pictures, uint8 or float32 in 0..1), in order of their starts."""
    check = MorphCheck(starts)
    for picture in pictures:
        check.see(picture)
    return check.scores()


def as_uint8(picture: NDArray[Any]) -> Rgb:
    """A picture of either kind in codes of 255."""
    if picture.dtype == np.uint8:
        return picture
    return np.asarray(np.clip(np.rint(picture * 255.0), 0, 255), np.uint8)


class _Followed:
    """A thing and what was measured on it so far."""

    def __init__(self, start: Start, picture: Rgb) -> None:
        self._start, self._follower = start, Follower(picture, start.mask)
        self._origin = self._place()
        self._size = self._follower.now.size
        self._last: Step | None = None
        self._frame = start.frame
        self._cut = [False, self._follower.now.cut]
        self._drifts: dict[int, Drift] = {}
        self._moved = 0.0
        self._lost: int | None = None

    def see(self, picture: Rgb) -> None:
        if self._lost is not None:
            return
        self._frame += 1
        step = self._follower.step(picture)
        if step is None:
            self._lost = self._frame
            return
        self._cut = [*self._cut[-2:], self._follower.now.cut]
        if self._last is not None and not any(self._cut):
            self._drifts[self._frame - 1] = drift(self._last, step)
        self._last = step
        self._moved = max(self._moved, float(np.linalg.norm(self._place() - self._origin)) / self._size)

    def score(self) -> MorphScore:
        curve = tuple(departure(one) for one in self._drifts.values())
        top = sorted(curve)[-_TOP:]
        return MorphScore(
            thing=self._start.thing,
            score=float(np.mean(top)) if top else 0.0,
            frames=tuple(self._drifts),
            curve=curve,
            drifts=tuple(self._drifts.values()),
            moved=self._moved,
            lost=self._lost,
        )

    def _place(self) -> NDArray[np.float64]:
        window = self._follower.now.window
        return np.array([window.x, window.y])
