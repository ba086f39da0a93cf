"""From the model's grid and beats to the plate's frames, in the plainest way: the nearest beat, made larger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import cv2
import numpy as np

from cleanplate.edit.layer_format import layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.engines.void.footage import QuadMasks, Real
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.timing import Span
from cleanplate.masks.labels import changed
from cleanplate.masks.track import mask_box
from cleanplate.media.clip import Clip
from cleanplate.media.colour import resolve, rgb_to_codes
from cleanplate.media.curves import curve_for, from_model


class Drawn(Protocol):
    """Pictures of a span's beats."""

    def __len__(self) -> int: ...

    def at(self, place: int) -> Real: ...


class Laying:
    """Lays pictures onto a plate."""

    def __init__(self, clip: Clip, quadmask: QuadMasks, span: Span, framing: Framing) -> None:
        self._clip, self._quadmask, self._span, self._framing = clip, quadmask, span, framing

    def patches(self, drawn: Drawn, start: int = 0) -> Iterator[tuple[int, Patch | None]]:
        """(frame, patch) of every plate frame of the span in rising order from `start` on."""
        beats, pts = self._span.frames, self._clip.info.pts
        for frame in range(max(start, beats[0]), beats[-1] + 1):
            place = min(range(len(beats)), key=lambda beat: abs(int(pts[beats[beat]]) - int(pts[frame])))
            yield frame, self._patch(frame, drawn.at(place))

    def _patch(self, frame: int, picture: Real) -> Patch | None:
        where = changed(self._quadmask.at(frame))
        box = mask_box(where)
        if box is None:
            return None
        y0, x0, y1, x1 = box
        info, whole = self._clip.info, np.zeros((self._clip.info.height, self._clip.info.width, 3), np.float32)
        top, left, bottom, right = self._framing.box
        small = self._framing.size.turned_back(picture)
        whole[top:bottom, left:right] = cv2.resize(small, (right - left, bottom - top), interpolation=cv2.INTER_CUBIC)
        part = np.s_[y0:y1, x0:x1]
        alpha = np.where(where[part], ALPHA_PEAK, 0).astype(np.uint16)
        tags, layer = resolve(info.colour, info.format, info.height), layer_format(info.format)
        rgb = from_model(np.clip(whole[part], 0, 1), curve_for(tags))
        codes: Any = rgb_to_codes(np.ascontiguousarray(rgb), layer, tags)
        if not layer.is_float:
            codes = np.rint(np.clip(codes, 0, layer.peak))
        return Patch(y0, x0, codes.astype(layer.dtype), alpha)
