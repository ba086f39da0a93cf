"""What void-nano is told of a scene and what it answers, as tensors.

Told (8 channels): plate and clean plate, sRGB in -1..1; removed and affected, 0 or 1; a model that is told binary masks
knows all that may change as removed. Answered (6): the shift to where
the plate shows a pixel, in quarters of the frame's height; how much is seen of what moved, -1 nothing to 1 all; and a
residual of colour, twice sRGB.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.masks import labels as algebra
from cleanplate.models.catalogue.system import Mask

_UNITS = 4
_RESIDUAL = 2.0


def told(plate: NDArray[np.uint8], clean: NDArray[np.uint8], labels: NDArray[np.uint8], mask_as: Mask) -> Tensor:
    """1 x 8 x T x H x W float32, from T x H x W (x 3) pictures and a quadmask.

    Args:
        mask_as: how the model was taught to be told the quadmask.
    """
    colours = [pictures(one) * 2 - 1 for one in (plate, clean)]
    labels = binary(labels) if mask_as == "binary" else labels
    marks = [torch.from_numpy(mask(labels)).float()[:, None] for mask in (algebra.removed, algebra.affected)]
    return torch.cat([*colours, *marks], dim=1).transpose(0, 1)[None]


def binary(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Everything that may change as removed, which is all that an inpainting mask says."""
    return np.where(labels == algebra.KEEP, algebra.KEEP, algebra.REMOVE).astype(np.uint8)


def pictures(codes: NDArray[np.uint8]) -> Tensor:
    """T x 3 x H x W float32 in 0..1, from T x H x W x 3."""
    return torch.from_numpy(codes).permute(0, 3, 1, 2).float() / 255


def answer(shift_T2HW: Tensor, seen_THW: Tensor, residual_T3HW: Tensor) -> Tensor:
    """T x 6 x H x W as the model says it.

    Args:
        shift_T2HW: (x, y) in pixels.
        seen_THW: 0..1.
        residual_T3HW: in units of 0..1.
    """
    unit = shift_T2HW.shape[2] / _UNITS
    return torch.cat([shift_T2HW / unit, seen_THW[:, None] * 2 - 1, residual_T3HW * _RESIDUAL], dim=1)


def shift_of(answer_T6HW: Tensor) -> Tensor:
    """T x 2 x H x W (x, y) in pixels."""
    return answer_T6HW[:, :2] * (answer_T6HW.shape[2] / _UNITS)


def seen_of(answer_T6HW: Tensor) -> Tensor:
    """T x 1 x H x W in 0..1."""
    return ((answer_T6HW[:, 2:3] + 1) / 2).clamp(0, 1)


def residual_of(answer_T6HW: Tensor) -> Tensor:
    """T x 3 x H x W in units of 0..1."""
    return answer_T6HW[:, 3:] / _RESIDUAL
