"""Things are kept whole: of what the model says of every pixel, each thing goes the one rigid way that fits best.

The model says of each pixel where it comes from, and neighbours do not agree to the pixel. What may move is taken apart
by colour, and parts that touch are put together again as long as one rigid motion says of them what several did. Each
thing is then drawn as the plate has it, moved; one of which the model shows too little is not drawn. See decision 041.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.models.moving.compose import smoothed
from cleanplate.models.moving.rigid import Points
from cleanplate.models.moving.scene import (
    answer,
    parted,
    residual_of,
    shift_of,
    told_changes,
    told_plates,
    told_things,
)
from cleanplate.models.moving.things import Real, Thing, grid_of, things_of
from cleanplate.models.moving.ways import kept_in, steadied

_NONE = -1


def whole(scene: Tensor, said_T6HW: Tensor, inside_THW: Tensor) -> Tensor:
    """The answer, T x 6 x H x W, in which every thing is moved as a whole; beyond things the nearest one's goes on.

    Args:
        scene: 1 x 9 x T x H x W, what was told.
        said_T6HW: what the model says, as it says it.
        inside_THW: bool, the pixels for which it says anything.
    """
    shift_T2HW, here, _ = parted(said_T6HW)
    shift_T2HW = shift_of(smoothed(shift_T2HW)).double().cpu()
    shown = (((here[:, 0] + 1) / 2).clamp(0, 1) * inside_THW).float().cpu().numpy()
    pictures = told_plates(scene)[0].clamp(0, 1).permute(0, 2, 3, 1).float().cpu().numpy()
    movable, may = (told(scene)[:, 0].cpu().numpy() for told in (told_things, told_changes))
    shift = torch.complex(shift_T2HW[:, 0], shift_T2HW[:, 1]).numpy()
    found = steadied([things_of(*one) for one in zip(pictures, movable, shift, shown, strict=True)])
    drawn = [
        _drawn([kept_in(thing, room) for thing in things], said)
        for things, room, said in zip(found, may, shift, strict=True)
    ]
    moved = torch.from_numpy(np.stack([shift for shift, _ in drawn])).permute(0, 3, 1, 2).to(said_T6HW)
    seen = torch.from_numpy(np.stack([seen for _, seen in drawn])).to(said_T6HW)
    return answer(moved, seen * inside_THW, residual_of(said_T6HW))


def _drawn(things: Sequence[Thing], said: Points) -> tuple[Real, Real]:
    """The shift of a frame, H x W x 2, and what is seen, H x W in 0..1.

    Args:
        said: the shift where there is no thing.
    """
    seen, owner = np.zeros(said.shape, np.float32), np.full(said.shape, _NONE)
    for number, thing in enumerate(things):
        here = thing.drawn()
        owner[here > seen] = number
        seen = np.maximum(seen, here)
    shift, owner, grid = said.copy(), _nearest(owner), grid_of(said.shape)
    for number, thing in enumerate(things):
        shift[owner == number] = (thing.motion.back(grid) - grid)[owner == number]
    return np.stack([shift.real, shift.imag], axis=-1).astype(np.float32), seen


def _nearest(owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """H x W: whose each pixel is, or the nearest one that is anyone's."""
    if (owner == _NONE).all():
        return owner
    _, place = cv2.distanceTransformWithLabels(
        (owner == _NONE).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    named = np.zeros(place.max() + 1, np.int64)
    named[place[owner != _NONE]] = owner[owner != _NONE]
    return named[place]
