"""Close-ups of additions, as a model meets them where its placer has said where a thing goes: in the middle, about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.models.closeup import Aim, cropped, following, worded
from cleanplate.train.vera.clips import Example

_OFF = 0.02
"""Of a window's side: how far its middle is off at most, all along and at either end."""
_SCALES = (0.95, 1.1)
"""Of a window, over that which fits."""


def close(example: Example, side: int, random: np.random.Generator) -> Example:
    """What is seen in a window of side x side that follows the addition, not quite; the middle, if it shows none."""
    aim = following((example.alpha.float() / 255).numpy()) or _middle(*example.alpha.shape)
    return seen(example, slipped(aim, random), side)


def seen(example: Example, aim: Aim, side: int) -> Example:
    """What is seen in windows of side x side; beyond the frame its edge goes on, and nothing is added."""

    def codes(video_CTHW: Tensor, outside: float | None = None) -> Tensor:
        return cropped(video_CTHW, aim, side, outside=outside).round().clamp(0, 255).to(torch.uint8)

    return replace(
        example,
        source=codes(example.source),
        edit=codes(example.edit),
        composite=codes(example.composite),
        alpha=codes(example.alpha[None], outside=0)[0],
        preserve=None if example.preserve is None else codes(example.preserve[None], outside=255)[0],
        text=worded(NANO.names.named(example.text)),
    )


def _middle(frames: int, rows: int, columns: int) -> Aim:
    return Aim(np.tile((columns / 2, rows / 2), (frames, 1)), np.full(frames, float(rows)))


def slipped(aim: Aim, random: np.random.Generator) -> Aim:
    """A window that fits not quite, all along and at either end."""
    times = np.linspace(-1, 1, len(aim.sides_T))[:, None]
    off = random.uniform(-_OFF, _OFF, 2) + times * random.uniform(-_OFF, _OFF, 2)
    sides = aim.sides_T * np.exp(random.uniform(*np.log(_SCALES)))
    return Aim(aim.middles_T2 + off * aim.sides_T[:, None], sides)
