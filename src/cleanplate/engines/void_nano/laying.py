"""From the model's answer to patches of the plate's own frames, at the plate's resolution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.boxes import aligned
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.moving import Moving
from cleanplate.masks.labels import changed
from cleanplate.masks.track import MaskBox, mask_box
from cleanplate.media.frame import Frame

Real = NDArray[np.float32]


class Laying:
    """Lays what moved over the clean plate, on every pixel that may change and on no other.

    Args:
        moving: what moves; None where nothing does.
        residual: how much of the model's own colours is added.
    """

    def __init__(self, plate: Plate, clean: CleanPlate, moving: Moving | None, residual: float) -> None:
        self._plate, self._clean, self._moving, self._residual = plate, clean, moving, residual

    def patches(self, run: range) -> Iterator[tuple[int, Patch | None]]:
        """Every frame of a run in rising order; which one comes first changes nothing of the others."""
        for frame in self._plate.clip.frames(run.start, run.stop):
            yield frame.index, self.patch(frame)

    def patch(self, frame: Frame) -> Patch | None:
        """Of one frame; None where nothing comes out otherwise than the plate."""
        permitted = changed(self._plate.quadmask.at(frame.index))
        inner = mask_box(permitted)
        if inner is None:
            return None
        part = aligned(inner, self._plate.info)
        codes = self._plate.codes_at(frame, part)
        before = self._plate.stored(codes.copy())
        touched = self._clean.over(frame.index, codes, part)
        if self._moving is not None and frame.index in self._moving.frames:
            codes = self._moved(codes, frame, part)
        y0, x0, y1, x1 = part
        colour = self._plate.stored(codes)
        touched |= (colour != before).any(axis=-1)
        alpha = np.where(touched & permitted[y0:y1, x0:x1], ALPHA_PEAK, 0).astype(np.uint16)
        return Patch(y0, x0, colour, alpha) if alpha.any() else None

    def _moved(self, clean: Real, frame: Frame, part: MaskBox) -> Real:
        """Codes of what moved over those of the clean plate."""
        assert self._moving is not None  # noqa: S101
        moment = self._moving.moment(frame.index)
        moved, seen = self._moving.at(moment, frame, part)
        codes = np.asarray(clean + seen[..., None] * (moved - clean), np.float32)
        if not self._residual:
            return codes
        empty, shown = self._plate.picture_of(clean), self._plate.picture_of(codes)
        more = self._residual * self._moving.more(moment, frame, part, clean=empty, shown=shown)
        brighter = self._plate.codes_of(np.asarray(shown + more, np.float32))
        return np.asarray(codes + brighter - self._plate.codes_of(shown), np.float32)
