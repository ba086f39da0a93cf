"""Where close-ups of what is added go: by the words and the seed, inside the region, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.vera.footage import Footage
from cleanplate.engines.vera.room import Room
from cleanplate.errors import InputError
from cleanplate.models.closeup import Aim
from cleanplate.models.placing.placer import Placer, placed
from cleanplate.models.placing.way import Numbers, aim_of, held_in
from cleanplate.pipeline.protocols import Scene

_CANDIDATES = 64
"""Ways of which the first is taken that keeps a thing where it may be, and apart from those before it."""
_APART = 0.33
"""Of two windows' sides together: where middles are nearer to each other, things overlap that fill 0.6 of each."""
_SHOWN, _HIDDEN = 0.9, 0.2
"""The part of a thing that lies where it may be: as good as all of it; too little to be added."""
_MET, _LOOKED = 5, 9
"""Times over an edit at which things may meet, and at which it is looked where they may be."""
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
        return self.at(_times(keys, self.frames), size)

    def at(self, times_T: NDArray[np.float64], size: tuple[int, int]) -> Aim:
        """At some times, from -1 at the edit's first frame to 1 at its last."""
        aim = aim_of(self.numbers, times_T, size)
        return aim if self.boxes is None else held_in(aim, self.boxes, times_T, size)

    def apart(self, other: Placement, shape: float) -> float:
        """How far from another, in parts of what keeps things apart, where they come nearest.

        Args:
            shape: the frame's width over its height.
        """
        times = np.linspace(-1, 1, _MET)
        one, two = (placement.at(times, (1, 1)) for placement in (self, other))
        ways = (one.middles_T2 - two.middles_T2) * (shape, 1)
        return float((np.linalg.norm(ways, axis=1) / (_APART * (one.sides_T + two.sides_T))).min())


@dataclass(frozen=True)
class Stage:
    """What things are placed in.

    Attributes:
        frames: the edit's first and last.
        shape: the frame's width over its height, as shown.
        room: where they may be; None where they may be anywhere.
    """

    frames: tuple[int, int]
    shape: float
    room: Room | None = None

    @staticmethod
    def of(scene: Scene, size: WorkingSize, drawn: Sequence[int]) -> Stage:
        """A scene's, with its region if one is given.

        Args:
            size: that is drawn at.
            drawn: frames on which anything may change, in order.
        """
        frames, shape = (drawn[0], drawn[-1]), size.columns / size.rows
        if not scene.masked:
            return Stage(frames, shape)
        looked = sorted({drawn[round(part)] for part in np.linspace(0, len(drawn) - 1, _LOOKED)})
        planes = Footage(scene.clip, scene.permitted, size).mask(looked).numpy()
        return Stage(frames, shape, Room(_times(looked, frames), planes))


def placements(placer: Placer, words_NSD: Tensor, stage: Stage, seed: int) -> list[Placement]:
    """Where things go by their words and the seed, apart from each other if that can be.

    Args:
        words_NSD: of an instruction for each.

    Raises:
        InputError: where the words say, nothing may change.
    """
    found, boxes = list[Placement](), None if stage.room is None else stage.room.boxes
    for number, words_SD in enumerate(words_NSD):
        count = 1 if stage.room is None and not found else _CANDIDATES
        ways = placed(placer, words_SD[None], boxes, _of(seed, number), count)
        candidates = [Placement(way, boxes, stage.frames) for way in ways]
        fits = [_fit(one, found, stage) for one in candidates]
        best = next((place for place, fit in enumerate(fits) if fit >= 1), int(np.argmax(fits)))
        if stage.room is not None and _shown(candidates[best], stage.room) < _HIDDEN:
            raise InputError(
                "the words ask for a thing where the masks let nothing change",
                remedy="Say another place, none at all, or leave more room there: --region draws a box.",
            )
        found.append(candidates[best])
    return found


def _fit(candidate: Placement, others: Sequence[Placement], stage: Stage) -> float:
    """1 for a place that is as it should be, and less the more it hides or covers others."""
    apart = min((candidate.apart(other, stage.shape) for other in others), default=1.0)
    shown = 1.0 if stage.room is None else _shown(candidate, stage.room) / _SHOWN
    return min(1.0, apart) * min(1.0, shown)


def _shown(placement: Placement, room: Room) -> float:
    return room.shown(placement.at(room.times_T, room.size))


def _times(frames: Sequence[int], ends: tuple[int, int]) -> NDArray[np.float64]:
    """From -1 at the first to 1 at the last."""
    first, last = ends
    return 2 * (np.asarray(frames, np.float64) - first) / max(1, last - first) - 1


def _of(seed: int, number: int) -> int:
    """Another for every thing."""
    return int(np.random.SeedSequence([seed % (1 << 64), _SALT, number]).generate_state(1, np.uint32)[0])
