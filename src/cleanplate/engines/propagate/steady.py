"""Telling the scene from what passes through it: the scene looks the same a moment before or after."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.footage import CAST
from cleanplate.engines.propagate.survey import Survey
from cleanplate.motion.camera import largest_shift
from cleanplate.motion.warp import IDENTITY, covers, pixel_grid, resample, send_grid

_NEAR = (-1, 1, -2, 2)
_FAR = (-3, 3, -4, 4, -6, 6, -8, 8, -11, 11, -16, 16)
_QUIET = 3.0
"""Survey pixels: a camera that moves further shows parallax, which a far frame would take for things that move."""
_MOST = 0.65
"""Share of the frames that show a place, near and far, that must agree."""
_LEVELS = 9.0
"""Gray levels of difference that grain and flicker may make after a little smoothing."""
_SLACK = 1.0
"""Pixels of misalignment (parallax, rolling shutter) that are forgiven, by way of the local slope."""


_HELD, _HELD_GRAYS = 64, 33


class Steady:
    """Answers for frames of a survey; remembers the latest answers, and the pictures that they share."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self.at = lru_cache(_HELD)(self._at)
        self._gray = lru_cache(_HELD_GRAYS)(self._smooth)

    def _at(self, frame: int) -> NDArray[np.bool_]:
        """h x w bool on the survey grid: where the frame looks as other frames that show the same place do.

        One neighbour must agree; before a quiet camera, most of all frames around. What moves by itself does not last,
        and so is not taken for what the removed object hid. A pixel that no such frame shows is not confirmed.
        """
        survey, here = self._survey, self._gray(frame)
        slope = np.hypot(cv2.Sobel(here, -1, 1, 0, scale=1 / 8), cv2.Sobel(here, -1, 0, 1, scale=1 / 8))
        tolerance = _LEVELS + _SLACK * cv2.dilate(slope, np.ones((3, 3), np.uint8))

        near = [frame + n for n in _NEAR if _comparable(survey, frame, frame + n)]
        far = [frame + n for n in _FAR if _comparable(survey, frame, frame + n)]
        far = [n for n in far if largest_shift(survey.guess(frame, n), *here.shape) < _QUIET]
        shown, agreed = np.zeros(here.shape, np.uint8), np.zeros(here.shape, np.uint8)
        for other in near + far:
            look, seen = self._look(frame, other)
            shown += seen
            agreed += seen & (cv2.absdiff(look, here) < tolerance)
        enough = _MOST * shown.astype(np.float32) if far else 0
        same = (agreed > 0) & (agreed >= enough)
        return np.asarray(cv2.erode(same.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)

    def _look(self, frame: int, other: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The other frame brought onto this one, and where it shows it."""
        gray, role, guess = self._gray(other), self._survey.role(other), self._survey.guess(frame, other)
        if np.array_equal(guess, IDENTITY):
            return gray, role < CAST
        there = send_grid(guess, pixel_grid((0, 0, gray.shape[0], gray.shape[1])))
        shown = (resample(role, there, kernel=cv2.INTER_NEAREST) < CAST) & covers(there, gray.shape[0], gray.shape[1])
        return np.asarray(resample(gray, there, kernel=cv2.INTER_LINEAR), np.float32), shown

    def _smooth(self, frame: int) -> NDArray[np.float32]:
        gray = self._survey.gray(frame).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.2), np.float32)


def _comparable(survey: Survey, frame: int, other: int) -> bool:
    return other in survey.frames and survey.same_scene(frame, other)
