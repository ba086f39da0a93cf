"""What moves, on a frame of the plate: its own pixels, and how much of them is seen where."""

from __future__ import annotations

from math import prod

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.void.footage import colours, shrunk
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.answer import Answer
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.course import Course, Flows, Moment
from cleanplate.engines.void_nano.edges import guided, thing_key
from cleanplate.engines.void_nano.residual import missing, said
from cleanplate.engines.void_nano.window import Window
from cleanplate.masks.labels import KEEP, removed
from cleanplate.masks.track import MaskBox, mask_box
from cleanplate.media.frame import Frame
from cleanplate.motion.flow import make_flow
from cleanplate.motion.warp import pixel_grid, resample

Real = NDArray[np.float32]
_ROOM = 16
"""Pixels round what is sampled, for the kernel and chroma."""
_SEEN = 1 / 255
_FINER = 4
"""Times the model's grid: where the plate's motion is measured."""
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Moving:
    """The answer, carried to the plate's resolution."""

    def __init__(self, plate: Plate, clean: CleanPlate, answer: Answer, window: Window) -> None:
        self._plate, self._clean, self._window = plate, clean, window
        self._flow = make_flow()
        self._course = Course(answer, window, plate.info, self._flows)
        self.frames = range(window.frames[0], window.last + 1)

    def moment(self, frame: int) -> Moment:
        """The answer at a frame of the window."""
        return self._course.at(frame)

    def at(self, moment: Moment, frame: Frame, part: MaskBox) -> tuple[Real, Real]:
        """Over a part of a frame: codes of what moved, and how much of it is seen (0..1)."""
        coarse = np.clip(self._plate.scale.up_smoothly(moment.seen, part), 0, 1)
        moved = np.zeros((*coarse.shape, self._plate.layer.components), np.float32)
        seen = np.zeros_like(coarse)
        if (inner := mask_box(coarse > _SEEN)) is not None:
            top, left, bottom, right = grown(inner, self._reach, *coarse.shape)
            box = part[0] + top, part[1] + left, part[0] + bottom, part[1] + right
            cut = np.s_[top:bottom, left:right]
            moved[cut], key = self._sampled(frame, self._where(moment.shift, box))
            seen[cut] = guided(coarse[cut], key, self._reach)
        return moved, seen

    def more(self, moment: Moment, frame: Frame, part: MaskBox, *, clean: Real, shown: Real) -> Real:
        """What the model adds to a part, R'G'B'.

        Args:
            clean, shown: R'G'B' of the clean plate, and of what moved over it.
        """
        plate, scale = self._plate, self._plate.scale
        y0, x0, y1, x1 = plate.framing.box
        top, left, bottom, right = scale.cells(part)
        cut = np.s_[top:bottom, left:right]
        whole = np.zeros((*scale.grid, 3), np.float32)
        whole[cut] = scale.down(clean, part)
        wanted = said(plate.small(frame), whole, moment)[cut]
        keeps = shrunk(plate.quadmask.at(frame.index)[y0:y1, x0:x1], scale.grid)[cut] == KEEP
        whole[cut] = missing(wanted, scale.down(shown, part), keeps)
        return self._raised(whole, part)

    @property
    def _reach(self) -> int:
        """Pixels within which an edge on the model's grid may be off."""
        return max(1, round(self._plate.scale.factor))

    def _raised(self, picture: Real, part: MaskBox) -> Real:
        """Channels of the grid over a part, linearly."""
        channels = [np.ascontiguousarray(picture[..., number]) for number in range(picture.shape[-1])]
        return np.dstack([self._plate.scale.up_smoothly(channel, part) for channel in channels])

    def _where(self, shift: Real, part: MaskBox) -> Real:
        """h x w x 2: (x, y) of the plate that each pixel of a part shows."""
        (height, width), (rows, columns) = self._plate.scale.size, self._plate.scale.grid
        return pixel_grid(part) + self._raised(shift, part) * np.array((width / columns, height / rows), np.float32)

    def _sampled(self, frame: Frame, where: Real) -> tuple[Real, Real]:
        """Layer codes of the plate at these places, and how surely each shows a thing that is still there."""
        plate = self._plate
        box = y0, x0, y1, x1 = _around(where, plate.info.height, plate.info.width)
        codes = plate.codes_at(frame, box)
        empty = codes.copy()
        self._clean.over(frame.index, empty, box)
        peak = 1.0 if plate.layer.is_float else float(plate.layer.peak)
        key = thing_key(codes, empty, peak, removed(plate.quadmask.at(frame.index)[y0:y1, x0:x1]))
        places = where - np.array((x0, y0), np.float32)
        return resample(codes, places), resample(key, places, kernel=cv2.INTER_LINEAR)

    def _flows(self, place: int) -> Flows:
        """Of the plate on the model's grid, from a beat to the next and back."""
        a, b = (self._gray(self._plate.clip.frame(self._window.frames[at])) for at in (place, place + 1))
        rows, columns = self._plate.scale.grid
        times = np.array((columns / a.shape[1], rows / a.shape[0]), np.float32)
        there, back = (
            np.asarray(cv2.resize(flow, (columns, rows), interpolation=cv2.INTER_AREA) * times, np.float32)
            for flow in (self._flow(a, b), self._flow(b, a))
        )
        return there, back

    def _gray(self, frame: Frame) -> NDArray[np.uint8]:
        """What is framed, on a grid so fine that flow can be measured on it."""
        framing, info = self._plate.framing, self._plate.info
        (height, width), (rows, columns) = self._plate.scale.size, self._plate.scale.grid
        size = (rows * _FINER, columns * _FINER)
        size = size if prod(size) < height * width else (height, width)
        shown = colours(framing.cut(frame, info), framing.info(info), size)
        return np.asarray(np.rint(shown @ _LUMA * 255), np.uint8)


def _around(places: Real, height: int, width: int) -> MaskBox:
    """A box that holds all places that lie in the frame, with room, cut between chroma samples."""
    x, y = np.clip(places[..., 0], 0, width - 1), np.clip(places[..., 1], 0, height - 1)
    y0, x0 = (max(0, int(side.min()) - _ROOM) // _ROOM * _ROOM for side in (y, x))
    y1, x1 = (min(most, -(-(int(side.max()) + 1 + _ROOM) // _ROOM) * _ROOM) for side, most in ((y, height), (x, width)))
    return y0, x0, y1, x1
