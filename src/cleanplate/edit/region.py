"""The permitted region: where an edit may change anything. It comes from the user or the quadmask, never a matte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cleanplate.masks.labels import changed
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.track import Mask, MaskBox


class PermittedRegion(Protocol):
    """Answers, frame by frame, which pixels may change."""

    def at(self, frame: int) -> Mask:
        """H x W bool on the coded grid; True where the frame may change. Cheapest in order."""
        ...

    def box(self, frame: int) -> MaskBox | None:
        """A box (y0, x0, y1, x1), ends exclusive, that holds all that may change; None where nothing may."""
        ...


class QuadMaskRegion:
    """Everything that a quadmask does not label keep."""

    def __init__(self, quadmask: QuadMask) -> None:
        self.quadmask = quadmask

    def at(self, frame: int) -> Mask:
        if self.box(frame) is None:
            return np.zeros((self.quadmask.height, self.quadmask.width), dtype=np.bool_)
        return changed(self.quadmask.at(frame))

    def box(self, frame: int) -> MaskBox | None:
        return self.quadmask.box_of_change(frame)


@dataclass(frozen=True)
class BoxRegion:
    """A rectangle of coded pixels (y0, x0, y1, x1), ends exclusive, on some frames; the whole frame when so given."""

    height: int
    width: int
    rectangle: MaskBox
    frames: range

    def at(self, frame: int) -> Mask:
        mask = np.zeros((self.height, self.width), dtype=np.bool_)
        if frame in self.frames:
            y0, x0, y1, x1 = self.rectangle
            mask[y0:y1, x0:x1] = True
        return mask

    def box(self, frame: int) -> MaskBox | None:
        return self.rectangle if frame in self.frames else None


def whole_frame(height: int, width: int, frames: range) -> BoxRegion:
    """Everything may change on `frames`; the proof says so loudly."""
    return BoxRegion(height, width, (0, 0, height, width), frames)
