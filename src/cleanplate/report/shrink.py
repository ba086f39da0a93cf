"""A layer's patches at the size of the page, by area, premultiplied so that edges keep their colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.layer_format import layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.colour import picture, resolve
from cleanplate.media.frame import Frame
from cleanplate.media.probe import ClipInfo
from cleanplate.report.sheet import Weight

Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1), ends exclusive."""


@dataclass(frozen=True)
class SmallLayer:
    """One frame of a layer.

    Attributes:
        premultiplied: height x width x 3, R'G'B' 0..1 times alpha.
        alpha, touched: height x width; `touched` is over 0 wherever any pixel below has a matte over 0.
        area: share of the plate's own pixels with a matte over 0.
    """

    premultiplied: Weight
    alpha: Weight
    touched: Weight
    area: float


def shrink(patches: Sequence[Patch], info: ClipInfo, size: tuple[int, int]) -> SmallLayer:
    """The patches of one frame at `size` (height, width) on the plate's coded grid."""
    height, width = size
    alone, touched = np.zeros((2, height, width), dtype=np.float32)
    small = SmallLayer(np.zeros((height, width, 3), dtype=np.float32), alone, touched, 0.0)
    drawn = [patch for patch in patches if np.any(patch.alpha)]
    if not drawn:
        return small
    source, target = _aligned(_around(drawn), (info.height, info.width), size)
    alpha = _pasted(drawn, source)
    weight = alpha.astype(np.float32) / ALPHA_PEAK
    colour = _pictured(drawn, source, info) * weight[..., None]
    inside = (slice(target[0], target[2]), slice(target[1], target[3]))
    new = (target[3] - target[1], target[2] - target[0])
    small.premultiplied[inside] = cv2.resize(colour, new, interpolation=cv2.INTER_AREA)
    small.alpha[inside] = cv2.resize(weight, new, interpolation=cv2.INTER_AREA)
    small.touched[inside] = cv2.resize((alpha > 0).astype(np.float32), new, interpolation=cv2.INTER_AREA)
    return replace(small, area=float(np.count_nonzero(alpha)) / (info.height * info.width))


def _around(patches: Sequence[Patch]) -> Box:
    boxes = np.array([patch.box for patch in patches])
    (y0, x0), (y1, x1) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return int(y0), int(x0), int(y1), int(x1)


def _aligned(box: Box, full: tuple[int, int], size: tuple[int, int]) -> tuple[Box, Box]:
    """The box grown until it covers whole pixels of the small grid, and those pixels."""
    source, target = list(box), list(box)
    for axis in (0, 1):
        scale = size[axis] / full[axis]
        low = int(np.floor(box[axis] * scale))
        high = min(size[axis], int(np.ceil(box[axis + 2] * scale)))
        target[axis], target[axis + 2] = low, max(high, low + 1)
        source[axis] = min(box[axis], round(low / scale))
        source[axis + 2] = max(box[axis + 2], min(full[axis], round(target[axis + 2] / scale)))
    return (source[0], source[1], source[2], source[3]), (target[0], target[1], target[2], target[3])


def _pasted(patches: Sequence[Patch], box: Box) -> NDArray[np.uint16]:
    """The patches' mattes inside a box."""
    y0, x0, y1, x1 = box
    alpha = np.zeros((y1 - y0, x1 - x0), dtype=np.uint16)
    for patch in patches:
        top, left, bottom, right = patch.box
        alpha[top - y0 : bottom - y0, left - x0 : right - x0] = patch.alpha
    return alpha


def _pictured(patches: Sequence[Patch], box: Box, info: ClipInfo) -> Weight:
    """The patches' straight colour inside a box, R'G'B' 0..1."""
    y0, x0, y1, x1 = box
    colour = np.zeros((y1 - y0, x1 - x0, 3), dtype=np.float32)
    # Resolved for the whole plate: what a file leaves unsaid is guessed from its height and format.
    tags = resolve(info.colour, info.format, info.height)
    for patch in patches:
        top, left, bottom, right = patch.box
        planes = tuple(np.ascontiguousarray(patch.colour[..., n]) for n in range(patch.colour.shape[2]))
        local = replace(info, format=layer_format(info.format), colour=tags, height=bottom - top, width=right - left)
        shown = picture(Frame(0, 0, planes), local).astype(np.float32) / 255.0
        colour[top - y0 : bottom - y0, left - x0 : right - x0] = shown
    return colour
