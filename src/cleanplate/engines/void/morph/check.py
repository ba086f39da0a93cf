"""The check itself: a clip is shown to it frame by frame, and it follows things through it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import REACH, Drift, drift
from cleanplate.engines.void.morph.follow import Follower, Step
from cleanplate.engines.void.morph.movers import moving
from cleanplate.engines.void.morph.score import MorphScore, departures, pooled
from cleanplate.engines.void.morph.window import Rgb


@dataclass(frozen=True)
class Start:
    """Where a thing is first seen.

    Attributes:
        thing: its id in the reasoning, or a name.
        frame: of the clip.
        mask: bool, not empty; at the clip's size, or at the plate's, from where a track has it.
    """

    thing: str
    frame: int
    mask: NDArray[np.bool_]


class MorphCheck:
    """Follows things through a clip; memory does not grow with the number of pictures."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []
        self._frame = -1
        self._shown: Rgb | None = None

    def see(self, picture: NDArray[Any]) -> None:
        """The clip's next frame: H x W x 3 RGB, uint8 or float32 in 0..1, all of one size."""
        self._frame += 1
        self._shown = as_uint8(picture)
        for one in self._followed:
            one.see(self._shown)

    def follow(self, thing: str, mask: NDArray[np.bool_]) -> None:
        """Follow a thing, too, from the frame that was shown last.

        Raises:
            ValueError: no frame was shown, or nothing of the mask (bool, of any size) is left at the clip's size.
        """
        if self._shown is None:
            raise ValueError("no frame was shown")
        height, width = self._shown.shape[:2]
        fitted = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5
        if not fitted.any():
            raise ValueError(f"the mask of '{thing}' is empty")
        self._followed.append(_Followed(thing, self._frame, self._shown, fitted))

    def covered(self) -> NDArray[np.bool_]:
        """Where the followed things are on the frame that was shown last: H x W bool. Raises ValueError before any."""
        if self._shown is None:
            raise ValueError("no frame was shown")
        height, width = self._shown.shape[:2]
        masks = [one.mask(height, width) for one in self._followed]
        return np.logical_or.reduce(masks) if masks else np.zeros((height, width), np.bool_)

    def scores(self) -> tuple[MorphScore, ...]:
        """Of every thing, in the order in which they were named."""
        return tuple(one.score() for one in self._followed)


def morph_scores(pictures: Iterable[NDArray[Any]], starts: Sequence[Start]) -> tuple[MorphScore, ...]:
    """Of things in a clip (H x W x 3 pictures, uint8 or float32 in 0..1), in order of their starts.

    Raises:
        ValueError: an empty mask.
    """
    check = MorphCheck()
    for frame, picture in enumerate(pictures):
        check.see(picture)
        for start in starts:
            if start.frame == frame:
                check.follow(start.thing, start.mask)
    return check.scores()


def unnamed_scores(clip: Iterable[tuple[NDArray[Any], NDArray[np.bool_]]]) -> tuple[MorphScore, ...]:
    """Of whatever moves by itself in the affected region, where no tracks say what there is.

    Args:
        clip: pictures as in `morph_scores`, each with its affected region (H x W bool, at the picture's size).
    """
    check = MorphCheck()
    last: tuple[Rgb, NDArray[np.bool_]] | None = None
    count = 0
    for picture, affected in clip:
        shown = as_uint8(picture)
        if last is not None:
            for mask in moving(last[0], shown, last[1] | affected, check.covered()):
                count += 1
                check.follow(f"thing {count}", mask)
        check.see(shown)
        last = shown, affected
    return check.scores()


def as_uint8(picture: NDArray[Any]) -> Rgb:
    """A picture of either kind in codes of 255."""
    if picture.dtype == np.uint8:
        return picture
    return np.asarray(np.clip(np.rint(picture * 255.0), 0, 255), np.uint8)


class _Followed:
    """A thing and what was measured on it so far."""

    def __init__(self, thing: str, frame: int, picture: Rgb, mask: NDArray[np.bool_]) -> None:
        self._thing, self._frame = thing, frame
        follower = Follower(picture, mask)
        self._follower: Follower | None = follower
        self._origin, self._size = _place(follower), follower.now.size
        self._steps: deque[Step] = deque(maxlen=2 * REACH)
        self._drifts: dict[int, Drift] = {}
        self._moved = 0.0
        self._lost: int | None = None

    def see(self, picture: Rgb) -> None:
        if self._follower is None:
            return
        self._frame += 1
        step = self._follower.step(picture)
        if step is None:
            self._lost, self._follower = self._frame, None  # what is lost takes no memory: there may be many
            self._steps.clear()
            return
        self._steps.append(step)
        if len(self._steps) == 2 * REACH and not any(one.before.cut or one.after.cut for one in self._steps):
            self._drifts[self._frame - REACH] = drift(tuple(self._steps))
        self._moved = max(self._moved, float(np.linalg.norm(_place(self._follower) - self._origin)) / self._size)

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        if self._follower is None:
            return np.zeros((height, width), np.bool_)
        return self._follower.now.window.laid_out(self._follower.now.mask, height, width)

    def score(self) -> MorphScore:
        curve = departures(self._drifts)
        return MorphScore(
            thing=self._thing,
            score=pooled(curve.values()),
            frames=tuple(curve),
            curve=tuple(curve.values()),
            drifts=dict(self._drifts),
            moved=self._moved,
            lost=self._lost,
        )


def _place(follower: Follower) -> NDArray[np.float64]:
    window = follower.now.window
    return np.array([window.x, window.y])
