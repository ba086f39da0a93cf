"""What the model says of a window, on the plate's side: in coded orientation, and nothing where it was not asked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void_nano.spreading import spread
from cleanplate.files import atomic
from cleanplate.models.moving.scene import residual_of, seen_of, shift_of

Real = NDArray[np.float32]


@dataclass(frozen=True)
class Answer:
    """Of every beat, on the framing's grid.

    Attributes:
        shift: T x rows x columns x 2, (x, y) in pixels of the grid, to where the plate shows it; going on beyond what
            is seen.
        seen: T x rows x columns, 0..1.
        residual: T x rows x columns x 3, R'G'B' to be added.
    """

    shift: Real
    seen: Real
    residual: Real

    @classmethod
    def of(cls, said_T6HW: Tensor, inside_THW: Tensor, framing: Framing, beats: int, *, rigid: bool) -> Answer:
        """From what the model says, and the pixels for which it says anything.

        Args:
            rigid: whether things were kept whole, and their shifts go on already.
        """
        size, inside = framing.size, inside_THW[:beats, None].float()
        said = said_T6HW[:beats]
        channels = (shift_of(said), seen_of(said) * inside, residual_of(said) * inside)
        shift, seen, residual = (
            channel.permute(0, 2, 3, 1)[:, : size.rows, : size.columns].float().cpu().numpy() for channel in channels
        )
        if not rigid:
            shift = np.stack([spread(*beat) for beat in zip(shift, seen[..., 0], strict=True)])
        turned = [_turned_back(one, size.turns) for one in (shift, seen, residual)]
        for _ in range(size.turns):
            turned[0] = np.stack([turned[0][..., 1], -turned[0][..., 0]], axis=-1)
        return cls(turned[0], turned[1][..., 0], turned[2])

    @classmethod
    def nothing(cls, framing: Framing, beats: int) -> Answer:
        """Where nothing moves."""
        shape = (beats, *framing.size.coded)
        return cls(np.zeros((*shape, 2), np.float32), np.zeros(shape, np.float32), np.zeros((*shape, 3), np.float32))

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with atomic(path) as partial, partial.open("wb") as file:
            np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Answer:
        """What `save` wrote."""
        with np.load(path) as stored:
            return cls(**{field.name: stored[field.name] for field in fields(cls)})


def _turned_back(pictures: NDArray[Any], turns: int) -> NDArray[Any]:
    return np.ascontiguousarray(np.rot90(pictures, turns, axes=(1, 2)))
