"""The answer between two beats: what moves goes on its way, and so does what it is in the plate.

A point of a thing is known at both beats by its place in the plate: optical flow says where the plate has it at the
next beat, and the answer there says where it has come to. On the way from one to the other it is taken to go straight.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void_nano.answer import Answer
from cleanplate.engines.void_nano.spreading import TOLD, spread
from cleanplate.engines.void_nano.window import Window
from cleanplate.media.probe import ClipInfo
from cleanplate.motion.between import flows_between
from cleanplate.motion.flow import FlowField
from cleanplate.motion.membrane import complete
from cleanplate.motion.warp import flow_warp, pixel_grid, resample

Real = NDArray[np.float32]
Flows = tuple[FlowField, FlowField]


@dataclass(frozen=True)
class Moment:
    """The answer at a frame of the plate; see `Answer` for the fields. The shift goes on beyond what is seen."""

    shift: Real
    seen: Real
    residual: Real


class Course:
    """The answer at any frame of the window.

    Args:
        flows: of the plate on the model's grid, from the beat of that place to the next, and back.
    """

    def __init__(self, answer: Answer, window: Window, info: ClipInfo, flows: Callable[[int], Flows]) -> None:
        self._answer, self._window, self._info, self._flows = answer, window, info, flows
        self._held: tuple[int, Flows] | None = None

    def at(self, frame: int) -> Moment:
        """The moment; after the last beat that one holds."""
        frames = self._window.frames
        place = bisect_right(frames, frame) - 1
        if frames[place] == frame or place + 1 == len(frames):
            return self._beat(place)
        a, b, here = (int(self._info.pts[n]) for n in (frames[place], frames[place + 1], frame))
        if self._held is None or self._held[0] != place:
            self._held = place, self._flows(place)
        return between(self._beat(place), self._beat(place + 1), self._held[1], (here - a) / (b - a))

    def _beat(self, place: int) -> Moment:
        answer = self._answer
        return Moment(answer.shift[place], answer.seen[place], answer.residual[place])


def between(a: Moment, b: Moment, flows: Flows, time: float) -> Moment:
    """The moment at a time, 0 (a) to 1 (b): the nearer one that shows anything, brought there.

    Args:
        flows: of the plate from a to b, and back.
    """
    there, back = gone(a, b, flows[0]), gone(b, a, flows[1])
    to_a, to_b = flows_between(there, back, time)
    first = _tells(a) if time <= 0.5 else not _tells(b)
    near, way, flow, part = (a, to_a, flows[0], time) if first else (b, to_b, flows[1], 1 - time)
    source = way + flow_warp(near.shift, way)
    return Moment(
        shift=np.asarray(source + part * _at(flow, source), np.float32),
        seen=np.asarray(flow_warp(near.seen, way), np.float32),
        residual=np.asarray(flow_warp(near.residual, way), np.float32),
    )


def gone(a: Moment, b: Moment, flow: FlowField) -> FlowField:
    """How far each pixel of what is seen at a moment goes until another one; smooth beyond it. Rows x columns x 2.

    Args:
        flow: of the plate from a to b.
    """
    if not _tells(b):
        return np.zeros_like(a.shift)
    then = a.shift + _at(flow, a.shift)
    return spread(np.asarray(then + _at(_from_source(b), then), np.float32), a.seen)


def _tells(moment: Moment) -> bool:
    return bool((moment.seen >= TOLD).any())


def _at(field: Real, shift: Real) -> Real:
    """A field where shifts point to."""
    rows, columns = shift.shape[:2]
    return np.asarray(resample(field, shift + pixel_grid((0, 0, rows, columns)), kernel=cv2.INTER_LINEAR), np.float32)


def _from_source(moment: Moment) -> Real:
    """By a place in the plate, how far from there it is seen: the inverse of the shift, each pixel laid on its four."""
    rows, columns = moment.seen.shape
    told = moment.seen >= TOLD
    shift = moment.shift[told]
    x, y = (shift + pixel_grid((0, 0, rows, columns))[told]).T
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    total, weight = np.zeros((rows, columns, 2), np.float32), np.zeros((rows, columns), np.float32)
    for down in (0, 1):
        for across in (0, 1):
            share = np.abs(1 - down - (y - top)) * np.abs(1 - across - (x - left))
            at = np.clip(top + down, 0, rows - 1), np.clip(left + across, 0, columns - 1)
            np.add.at(weight, at, share)
            np.add.at(total, at, -shift * share[:, None])
    mean = np.asarray(total / np.maximum(weight, 1e-6)[..., None], np.float32)
    return complete(mean, weight > 1e-3)
