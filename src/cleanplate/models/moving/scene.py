"""What void-nano is told of a scene and what it answers, as tensors.

Told (9 channels): plate and clean plate, sRGB in -1..1; removed and affected, 0 or 1; a model that is told binary masks
knows all that may change as removed; and where the plate shows a thing that may move, 0..1: nothing of what is removed.
Answered (6): the shift to where the plate shows a pixel, in quarters of the frame's height; how much is seen of what
moved, -1 nothing to 1 all; and a residual of colour, twice sRGB.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cleanplate.masks import labels as algebra
from cleanplate.models.catalogue.system import Mask

_UNITS = 4
_RESIDUAL = 2.0
_BARE, _SURE = 0.015, 0.045
"""Differences to the clean plate, of 0..1: up to the first a pixel shows what is behind, from the second on a thing."""
_NEAR = 2
"""Pixels by which a clean plate may have its ground elsewhere."""


def told(plate: NDArray[np.uint8], clean: NDArray[np.uint8], labels: NDArray[np.uint8], mask_as: Mask) -> Tensor:
    """1 x 9 x T x H x W float32, from T x H x W (x 3) pictures and a quadmask.

    Args:
        mask_as: how the model was taught to be told the quadmask.
    """
    shown, empty = (pictures(one) for one in (plate, clean))
    labels = binary(labels) if mask_as == "binary" else labels
    removed, affected = (torch.from_numpy(mask(labels)).float() for mask in (algebra.removed, algebra.affected))
    things = movable(shown, empty, affected * (1 - removed) if affected.any() else removed)
    marks = [mark[:, None] for mark in (removed, affected, things)]
    return torch.cat([shown * 2 - 1, empty * 2 - 1, *marks], dim=1).transpose(0, 1)[None]


def movable(plate_T3HW: Tensor, clean_T3HW: Tensor, may_THW: Tensor) -> Tensor:
    """T x H x W in 0..1: where the plate shows nothing that the clean plate has there or near by, of what may move.

    A clean plate that was made up has the right ground, but not to the pixel.
    """
    padded = functional.pad(clean_T3HW, (_NEAR,) * 4, mode="replicate")
    height, width = padded.shape[2:]
    frame, y, x = torch.nonzero(may_THW, as_tuple=True)
    shown = plate_T3HW.permute(0, 2, 3, 1)[frame, y, x]
    ground, place = padded.permute(0, 2, 3, 1).reshape(-1, 3), (frame * height + y) * width + x
    apart = torch.full(frame.shape, torch.inf, device=shown.device)
    for down, across in product(range(2 * _NEAR + 1), repeat=2):
        other = ground.index_select(0, place + down * width + across)
        apart = torch.minimum(apart, (shown - other).abs().amax(dim=1))
    found = torch.zeros_like(plate_T3HW[:, 0])
    found[frame, y, x] = ((apart - _BARE) / (_SURE - _BARE)).clamp(0, 1)
    return found


def told_plates(scene: Tensor) -> tuple[Tensor, Tensor]:
    """Plate and clean plate, T x 3 x H x W in 0..1, of what is told of one clip."""
    plate, clean = ((scene[0, at : at + 3].transpose(0, 1) + 1) / 2 for at in (0, 3))
    return plate, clean


def told_changes(scene: Tensor) -> Tensor:
    """T x 1 x H x W bool: where anything may change, by what is told of one clip."""
    return (scene[0, 6:8].amax(dim=0) > 0)[:, None]


def told_things(scene: Tensor) -> Tensor:
    """T x 1 x H x W in 0..1: where the plate shows what may move, by what is told of one clip."""
    return scene[0, 8][:, None]


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


def parted(answer_T6HW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shift, visibility and residual as the model says them: T x 2, 1 and 3 x H x W."""
    shift, seen, residual = torch.split(answer_T6HW, [2, 1, 3], dim=1)
    return shift, seen, residual


def shift_of(answer_T6HW: Tensor) -> Tensor:
    """T x 2 x H x W (x, y) in pixels."""
    return answer_T6HW[:, :2] * (answer_T6HW.shape[2] / _UNITS)


def seen_of(answer_T6HW: Tensor) -> Tensor:
    """T x 1 x H x W in 0..1."""
    return ((answer_T6HW[:, 2:3] + 1) / 2).clamp(0, 1)


def residual_of(answer_T6HW: Tensor) -> Tensor:
    """T x 3 x H x W in units of 0..1."""
    return answer_T6HW[:, 3:] / _RESIDUAL
