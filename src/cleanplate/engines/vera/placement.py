"""Where close-ups of what is added go: by the words and the seed, inside the region, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.models.closeup import Aim
from cleanplate.models.placing.placer import Placer, placed
from cleanplate.models.placing.way import BOXES, Numbers, aim_of, held_in
from cleanplate.pipeline.protocols import Scene

_CANDIDATES = 64
"""Ways of which the first is taken that keeps a thing apart from those before it."""
_APART = 0.33
"""Of two windows' sides together: where middles are nearer to each other, things overlap that fill 0.6 of each."""
_LOOKED = 5
"""Times over an edit at which that is looked at."""
_SALT = 0x91AC


@dataclass(frozen=True)
class Placement:
    """Where a close-up goes over an edit.

    Attributes:
        numbers: see `models.placing.way`.
        boxes: in which it stays, 3 x 4; None where it may go anywhere.
        frames: the edit's first and last.
    """

    numbers: Numbers
    boxes: Numbers | None
    frames: tuple[int, int]

    def aim(self, keys: Sequence[int], size: tuple[int, int]) -> Aim:
        """At some frames, in pictures of so many rows and columns."""
        first, last = self.frames
        times = 2 * (np.asarray(keys, np.float64) - first) / max(1, last - first) - 1
        return self._at(times, size)

    def apart(self, other: Placement, shape: float) -> float:
        """How far from another, in parts of what keeps things apart, where they come nearest.

        Args:
            shape: the frame's width over its height.
        """
        times = np.linspace(-1, 1, _LOOKED)
        one, two = (placement._at(times, (1, 1)) for placement in (self, other))
        ways = (one.middles_T2 - two.middles_T2) * (shape, 1)
        return float((np.linalg.norm(ways, axis=1) / (_APART * (one.sides_T + two.sides_T))).min())

    def _at(self, times_T: NDArray[np.float64], size: tuple[int, int]) -> Aim:
        aim = aim_of(self.numbers, times_T, size)
        return aim if self.boxes is None else held_in(aim, self.boxes, times_T, size)


@dataclass(frozen=True)
class Stage:
    """What things are placed in.

    Attributes:
        frames: the edit's first and last.
        shape: the frame's width over its height.
        boxes: in which all must happen, 3 x 4; None where it may anywhere.
    """

    frames: tuple[int, int]
    shape: float
    boxes: Numbers | None = None

    @staticmethod
    def of(scene: Scene, frames: tuple[int, int]) -> Stage:
        """A scene's, with its region if one is given."""
        info = scene.clip.info
        return Stage(frames, info.width / info.height, _boxes(scene, frames) if scene.masked else None)


def placements(placer: Placer, words_NSD: Tensor, stage: Stage, seed: int) -> list[Placement]:
    """Where things go by their words and the seed, apart from each other if that can be.

    Args:
        words_NSD: of an instruction for each.
    """
    found = list[Placement]()
    for number, words_SD in enumerate(words_NSD):
        ways = placed(placer, words_SD[None], stage.boxes, _of(seed, number), _CANDIDATES if found else 1)
        candidates = [Placement(way, stage.boxes, stage.frames) for way in ways]
        nearest = [min((one.apart(other, stage.shape) for other in found), default=1.0) for one in candidates]
        free = (place for place, ratio in enumerate(nearest) if ratio >= 1)
        found.append(candidates[next(free, int(np.argmax(nearest)))])
    return found


def _boxes(scene: Scene, frames: tuple[int, int]) -> Numbers:
    """Of what may change: on the first frame, in the middle, on the last; where nothing may, of all of them."""
    info, (first, last) = scene.clip.info, frames
    found = [scene.permitted.box(first + (last - first) * part // (BOXES - 1)) for part in range(BOXES)]
    every = np.array([box for frame in range(first, last + 1) if (box := scene.permitted.box(frame)) is not None])
    whole = (*every[:, :2].min(axis=0), *every[:, 2:].max(axis=0))
    boxes = np.array([whole if box is None else box for box in found], np.float64)
    return np.asarray(boxes[:, [1, 0, 3, 2]] / (info.width, info.height, info.width, info.height))


def _of(seed: int, number: int) -> int:
    """Another for every thing."""
    return int(np.random.SeedSequence([seed % (1 << 64), _SALT, number]).generate_state(1, np.uint32)[0])
