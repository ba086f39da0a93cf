"""Which frames to copy from: those that reveal most of what is hidden, near ones first."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.footage import CAST, FREE
from cleanplate.engines.propagate.steady import Steady
from cleanplate.engines.propagate.survey import Survey
from cleanplate.motion.warp import rescaled, warp_homography

_COARSE_SIDE = 240
_SAMPLES = 40
_WORTH = (1.0, 0.5, 0.3, 0.2, 0.1)
"""What one more frame that shows a pixel is worth, after none, one, two... others."""
_LEAST_GAIN = 0.004
_HALF_LIFE = 40.0


@dataclass(frozen=True)
class _Coarse:
    """Roles of one frame, coarse enough to compare many frames quickly."""

    hidden: NDArray[np.bool_]
    worth: NDArray[np.float32]


class Chooser:
    """Answers which frames reveal what a target hides. Remembers the coarse roles of the frames it has seen."""

    def __init__(self, survey: Survey, steady: Steady, count: int, reach: int) -> None:
        self._survey, self._steady, self._count, self._reach = survey, steady, count, reach
        height, width = survey.grays.shape[1:]
        self._factor = max(1.0, max(height, width) / _COARSE_SIDE)
        self._size = max(1, round(height / self._factor)), max(1, round(width / self._factor))
        self._known: dict[int, _Coarse] = {}

    def sources(self, targets: list[int]) -> list[int]:
        """At most `count` frames, best first, that together show most of what the targets hide."""
        first = targets[len(targets) // 2]
        candidates = [c for c in self._candidates(first) if self._survey.same_scene(first, c)]
        hidden = [self._coarse(t).hidden for t in targets]
        area = sum(int(h.sum()) for h in hidden)
        if not area:
            return []
        shown = {c: [self._shown(t, c)[h] for t, h in zip(targets, hidden, strict=True)] for c in candidates}
        had = [np.zeros(int(h.sum()), np.float32) for h in hidden]
        chosen: list[int] = []
        worth = np.array(_WORTH, np.float32)
        while len(chosen) < self._count and len(chosen) < len(candidates):
            gains = {
                c: sum(
                    float((s * worth[np.minimum(h, len(worth) - 1).astype(int)]).sum())
                    for s, h in zip(shown[c], had, strict=True)
                )
                * 0.5 ** (abs(c - first) / _HALF_LIFE)
                for c in candidates
                if c not in chosen
            }
            best = max(gains, key=lambda c: (gains[c], -abs(c - first), -c))
            if gains[best] < _LEAST_GAIN * area:
                break
            chosen.append(best)
            had = [h + s for h, s in zip(had, shown[best], strict=True)]
        return chosen

    def never_seen(self, target: int) -> float:
        """Coarse pixels of the target's hidden region that no candidate frame shows."""
        hidden = self._coarse(target).hidden
        left = hidden.copy()
        for c in self._candidates(target):
            if self._survey.same_scene(target, c):
                left &= self._shown(target, c) == 0
        return float(left.sum())

    def _candidates(self, frame: int) -> list[int]:
        """Near frames densely, far ones ever more sparsely, on both sides."""
        steps = np.unique(np.rint(np.geomspace(1, max(2, self._reach), _SAMPLES // 2)).astype(int))
        both = [frame + sign * int(step) for step in steps for sign in (-1, 1)]
        return [c for c in both if c in self._survey.frames]

    def _coarse(self, frame: int) -> _Coarse:
        if frame not in self._known:
            roles = self._survey.role(frame)
            hidden = self._area(roles >= CAST) > 0
            # What may change by itself is a poor witness; one coarse pixel of rim keeps halos out.
            worth = np.where(self._area(roles > FREE) > 0, 0.3, 1.0).astype(np.float32)
            worth *= self._area(self._steady.at(frame)) > 0.5
            worth[cv2.dilate(hidden.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 0
            self._known[frame] = _Coarse(hidden, worth)
        return self._known[frame]

    def _area(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        return np.asarray(
            cv2.resize(mask.astype(np.float32), self._size[::-1], interpolation=cv2.INTER_AREA), np.float32
        )

    def _shown(self, target: int, source: int) -> NDArray[np.float32]:
        """How well the source shows every coarse pixel of the target, 0..1."""
        matrix = rescaled(self._survey.guess(target, source), 1 / self._factor, 1 / self._factor)
        worth = cv2.copyMakeBorder(self._coarse(source).worth, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        shift = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]], np.float64)
        return np.asarray(warp_homography(worth, shift @ matrix, self._size, kernel=cv2.INTER_NEAREST), np.float32)
