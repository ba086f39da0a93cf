"""The plate under a framing: small, to be compared with what was drawn, and what of it may change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.layer_format import layer_format, layer_scale
from cleanplate.engines.void.footage import colours
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.lay.scale import Scale
from cleanplate.masks.labels import KEEP
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.track import MaskBox
from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, resolve, rgb_to_codes, to_444
from cleanplate.media.curves import Curve, curve_for, from_model, to_model
from cleanplate.media.frame import ColourTags, Frame, PixelFormat
from cleanplate.media.probe import ClipInfo

Real = NDArray[np.float32]
_RIM = 2
"""Pixels of the model's grid around what changes that say nothing of the codec: it blurs the border."""


@dataclass(frozen=True)
class Plate:
    """A clip, what of it may change, and which part of it is drawn. All pictures are in coded orientation."""

    clip: Clip
    quadmask: QuadMask
    framing: Framing

    @property
    def info(self) -> ClipInfo:
        return self.clip.info

    @cached_property
    def scale(self) -> Scale:
        return Scale.of(self.framing)

    @cached_property
    def layer(self) -> PixelFormat:
        return layer_format(self.info.format)

    def small(self, frame: Frame) -> Real:
        """Rows x columns x 3 R'G'B' of a picture in 0..1, on the model's grid."""
        return colours(self.framing.cut(frame, self.info), self._part, self.scale.grid)

    def stays(self, index: int) -> NDArray[np.bool_]:
        """Rows x columns of the grid: nothing changes on the pixel, nor on those around it, which the codec blurs."""
        y0, x0, y1, x1 = self.framing.box
        labels = self.quadmask.at(index)
        _, change = cv2.threshold(labels[y0:y1, x0:x1], KEEP - 1, 255, cv2.THRESH_BINARY_INV)
        small = cv2.resize(change, self.scale.grid[::-1], interpolation=cv2.INTER_AREA) > 0
        wide = cv2.dilate(small.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8))
        return np.asarray(wide == 0)

    def codes_of(self, picture: Real) -> Real:
        """Layer codes, not rounded, of R'G'B' of a picture."""
        return rgb_to_codes(from_model(np.clip(picture, 0, 1), self._curve), self.layer, self._tags)

    def picture_of(self, codes: Real) -> Real:
        """R'G'B' of a picture in 0..1 of layer codes; the inverse of `codes_of`."""
        shown = to_model(codes_to_rgb(codes, self.layer, self._tags), self._curve)
        return np.clip(np.nan_to_num(shown, nan=0.0), 0, 1).astype(np.float32, copy=False)

    def stored(self, codes: Real) -> NDArray[Any]:
        """Codes as a layer stores them."""
        if self.layer.is_float:
            return codes.astype(self.layer.dtype)
        return np.rint(np.clip(codes, 0, self.layer.peak)).astype(self.layer.dtype)

    def codes_at(self, frame: Frame, box: MaskBox) -> Real:
        """Layer codes of a box of the plate, whose corners lie on whole chroma samples."""
        fmt = self.info.format
        planes = Framing(box, self.framing.size, 0, 0).cut(frame, self.info).planes[: fmt.components - fmt.has_alpha]
        return to_444(planes, fmt, self._tags.siting) * np.float32(layer_scale(fmt))

    @cached_property
    def _part(self) -> ClipInfo:
        return self.framing.info(self.info)

    @cached_property
    def _tags(self) -> ColourTags:
        return resolve(self.info.colour, self.info.format, self.info.height)

    @cached_property
    def _curve(self) -> Curve:
        return curve_for(self._tags)
