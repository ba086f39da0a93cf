"""Several patches of one frame as one, cropped to what its alpha covers."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cleanplate.edit.layer_format import layer_format, neutral
from cleanplate.edit.patch import Patch
from cleanplate.media.probe import ClipInfo


def merged(patches: Sequence[Patch], info: ClipInfo) -> Patch | None:
    """One patch that stands for all; where several cover a pixel the last one counts. None when all is transparent.

    The colour under alpha 0 is neutral, so that equal layers have equal bytes.

    Raises:
        ValueError: a patch leaves the frame, or is not in the layer format.
    """
    layer = layer_format(info.format)
    drawn = [cropped for patch in patches if (cropped := _cropped(patch)) is not None]
    for patch in drawn:
        y0, x0, y1, x1 = patch.box
        if y0 < 0 or x0 < 0 or y1 > info.height or x1 > info.width:
            raise ValueError(f"patch {patch.box} leaves the frame of {info.height} x {info.width}")
        if patch.colour.shape[2] != layer.components or patch.colour.dtype != layer.dtype:
            raise ValueError(f"a patch of {patch.colour.shape[2]} x {patch.colour.dtype} is not in {layer.name}")
        if not layer.is_float and layer.depth < 16 and patch.colour.max() > layer.peak:
            raise ValueError(f"a patch holds code {patch.colour.max()}, over {layer.name}'s peak")
    if not drawn:
        return None
    boxes = np.array([patch.box for patch in drawn])
    (top, left), (bottom, right) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    planes = np.empty((layer.components, bottom - top, right - left), dtype=layer.dtype)
    planes[...] = np.reshape(neutral(layer), (-1, 1, 1))
    alpha = np.zeros(planes.shape[1:], dtype=np.uint16)
    for patch in drawn:
        y0, x0, y1, x1 = patch.box
        inside, covered = np.s_[y0 - top : y1 - top, x0 - left : x1 - left], patch.alpha > 0
        np.copyto(alpha[inside], patch.alpha, where=covered)
        for component in range(layer.components):
            np.copyto(planes[component][inside], patch.colour[..., component], where=covered)
    return Patch(int(top), int(left), np.moveaxis(planes, 0, -1), alpha)


def _cropped(patch: Patch) -> Patch | None:
    """The patch within the box of its alpha."""
    x, y, width, height = cv2.boundingRect((patch.alpha > 0).view(np.uint8))
    if not width:
        return None
    inside = np.s_[y : y + height, x : x + width]
    return Patch(patch.y + y, patch.x + x, patch.colour[inside], patch.alpha[inside])
