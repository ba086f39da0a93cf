"""From the model's grid to the plate's own: size, colour model, matte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.layer_format import layer_format
from cleanplate.edit.matte import clean_alpha, to_codes
from cleanplate.edit.patch import Patch
from cleanplate.edit.region import PermittedRegion
from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.propagate.grain import Grain
from cleanplate.engines.vera.edges import freed
from cleanplate.engines.vera.finish import levelled, sharpened
from cleanplate.engines.vera.guided import guided_upsampling
from cleanplate.engines.vera.sheet import Sheet
from cleanplate.engines.void.lay.grain import grain_over
from cleanplate.media.colour import codes_to_rgb, luma8, resolve, rgb_to_codes, to_444
from cleanplate.media.curves import curve_for, from_model
from cleanplate.media.frame import Frame
from cleanplate.media.probe import ClipInfo

Real = NDArray[np.float32]


@dataclass(frozen=True)
class Onto:
    """Lays sheets onto a plate.

    Attributes:
        guided: alpha's edges are the plate's own (a kept subject's outline), so its luma guides them. Those of an added
            thing are not in the plate: there a guide would draw the plate's texture into alpha.
        edges: soft edges are freed of the plate's colour (`edges.freed`).
        factor: how many times larger the plate is, where the drawing is to be finished (`finish`).
        grain: that the layer's colour gets; its seed is the frame's number.
    """

    info: ClipInfo
    size: WorkingSize
    region: PermittedRegion
    guided: bool = False
    edges: bool = False
    factor: float = 1.0
    grain: Grain | None = None

    def patch(self, frame: Frame, sheet: Sheet) -> Patch | None:
        """The sheet as a patch of the layer, inside the permitted region; None where nothing of it is left."""
        box = self.region.box(frame.index)
        if box is None:
            return None
        y0, x0, y1, x1 = box
        part = np.s_[y0:y1, x0:x1]
        alpha, rgb = self._alpha(frame, sheet.alpha)[part], self._rgb(sheet.colour)[part]
        alpha = np.where(self.region.at(frame.index)[part], alpha, 0).astype(np.float32)
        if self.edges:
            rgb, alpha = freed(self._plate(frame)[part], rgb, alpha, bounded=not self.info.format.is_float)
        matte = clean_alpha(to_codes(alpha))
        return Patch(y0, x0, self._codes(rgb, frame.index), matte) if matte.any() else None

    def _alpha(self, frame: Frame, alpha: Real) -> Real:
        small, size = self.size.turned_back(alpha), (self.info.height, self.info.width)
        small = levelled(small) if self.factor > 1 else small
        if not self.guided or small.shape == size:
            large: Real = np.clip(_resized(small, size), 0, 1)
            return sharpened(large, self.factor) if self.factor > 1 else large
        guides = (luma8(frame, self.info, at).astype(np.float32) / np.float32(255) for at in (self.size.coded, size))
        return guided_upsampling(small, *guides)

    def _rgb(self, colour: Real) -> Real:
        """H x W x 3, R'G'B' as the plate codes light."""
        shown = np.clip(_resized(self.size.turned_back(colour), (self.info.height, self.info.width)), 0, 1)
        return from_model(shown, curve_for(self._tags))

    def _plate(self, frame: Frame) -> Real:
        fmt = self.info.format
        colours = frame.planes[: fmt.components - fmt.has_alpha]
        return codes_to_rgb(to_444(colours, fmt, self._tags.siting), fmt, self._tags)

    def _codes(self, rgb: Real, frame: int) -> NDArray[Any]:
        """In the layer's format."""
        layer = layer_format(self.info.format)
        codes: NDArray[Any] = rgb_to_codes(np.ascontiguousarray(rgb), layer, self._tags)
        if self.grain is not None:
            codes = codes + grain_over(self.grain, codes.shape[:2], (frame,))
        if not layer.is_float:
            codes = np.rint(np.clip(codes, 0, layer.peak))
        return codes.astype(layer.dtype)

    @property
    def _tags(self) -> Any:
        return resolve(self.info.colour, self.info.format, self.info.height)


def _resized(image: Real, size: tuple[int, int]) -> Real:
    """At (height, width): cubic, as a plate is never smaller than what a model draws."""
    if image.shape[:2] == size:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
