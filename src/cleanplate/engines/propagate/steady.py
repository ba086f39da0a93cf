"""Telling the scene from what passes through it: the scene looks the same a moment before or after."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.footage import CAST
from cleanplate.engines.propagate.survey import Survey
from cleanplate.motion.camera import largest_shift
from cleanplate.motion.warp import covers, pixel_grid, resample, send_grid

_NEAR = (-1, 1, -2, 2)
_FAR = (-6, 6, -10, 10, -16, 16)
_QUIET = 3.0
"""Survey pixels: a camera that moves further shows parallax, which a far frame would take for things that move."""
_LEVELS = 9.0
"""Gray levels of difference that grain and flicker may make after a little smoothing."""
_SLACK = 1.0
"""Pixels of misalignment (parallax, rolling shutter) that are forgiven, by way of the local slope."""


def steady(survey: Survey, frame: int) -> NDArray[np.bool_]:
    """h x w bool on the survey grid: where the frame agrees with a neighbour that shows the same place.

    Before a quiet camera it has to agree with a frame further off as well. What moves by itself does neither, and so is
    not taken for what the removed object hid. A pixel that no such frame shows is not confirmed.
    """
    here = _smooth(survey.gray(frame))
    slope = np.hypot(cv2.Sobel(here, -1, 1, 0, scale=1 / 8), cv2.Sobel(here, -1, 0, 1, scale=1 / 8))
    tolerance = _LEVELS + _SLACK * cv2.dilate(slope, np.ones((3, 3), np.uint8))

    def confirmed(others: list[int]) -> NDArray[np.bool_]:
        agree = np.zeros(here.shape, np.bool_)
        for other in others:
            agree |= _agrees(survey, frame, other, here, tolerance)
        return agree

    near = [frame + n for n in _NEAR if _comparable(survey, frame, frame + n)]
    far = [frame + n for n in _FAR if _comparable(survey, frame, frame + n)]
    far = [n for n in far if largest_shift(survey.guess(frame, n), *here.shape) < _QUIET]
    same = confirmed(near) & confirmed(far) if far else confirmed(near)
    return np.asarray(cv2.erode(same.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _comparable(survey: Survey, frame: int, other: int) -> bool:
    return other in survey.frames and survey.same_scene(frame, other)


def _agrees(
    survey: Survey, frame: int, other: int, here: NDArray[np.float32], tolerance: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Where the other frame shows the same place and it looks the same."""
    there = send_grid(survey.guess(frame, other), pixel_grid((0, 0, here.shape[0], here.shape[1])))
    look = resample(_smooth(survey.gray(other)), there, kernel=cv2.INTER_LINEAR)
    hidden = resample(survey.role(other), there, kernel=cv2.INTER_NEAREST) >= CAST
    return np.asarray((np.abs(look - here) < tolerance) & ~hidden & covers(there, here.shape[0], here.shape[1]))


def _smooth(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(gray.astype(np.float32), (0, 0), 1.2), np.float32)
