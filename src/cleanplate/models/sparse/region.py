"""Which tokens can matter to an edit: its region, a ring around it, and context that thins out with distance.

All grids here are boolean, frames x rows x columns of tokens. Distances are Chebyshev's: one token in any of the three
directions, or in all, is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.models.sparse.economy import COARSEST, Economy, Phase
from cleanplate.models.tokens.memory import Share
from cleanplate.models.tokens.patches import Grid

_REGION, _CONTEXT = "region", "context"


def touched(mask_THW: Tensor, patch: Grid) -> Tensor:
    """Tokens of which any latent is in the mask."""
    return functional.max_pool3d(mask_THW[None].float(), patch)[0] > 0


def grown(tokens_THW: Tensor, space: int, time: int = 0) -> Tensor:
    """The tokens and those up to so many rows, columns and frames away."""
    inside = tokens_THW[None].float()
    for axis, reach in enumerate((time, space, space)):
        window = [2 * reach + 1 if other == axis else 1 for other in range(3)]
        inside = functional.max_pool3d(inside, window, 1, [size // 2 for size in window])
    return inside[0] > 0


def surroundings(tokens_THW: Tensor, near: int | None = None) -> Tensor:
    """The tokens outside, as context: all of them, or fewer with distance.

    Args:
        tokens_THW: what is edited.
        near: context is whole up to this distance; up to twice that it is every second row and column, up to four times
            every fourth, and so on to every eighth: with 0 all of it is every eighth. None keeps all.
    """
    if near is None:
        return ~tokens_THW
    kept = torch.zeros_like(tokens_THW)
    left, step = ~tokens_THW, 1
    while True:
        reach = grown(tokens_THW, near * step, near * step) if step < COARSEST else torch.ones_like(tokens_THW)
        kept |= left & reach & _lattice(tokens_THW, step)
        left = left & ~reach
        if step == COARSEST:
            return kept
        step *= 2


def indices(tokens_THW: Tensor) -> Tensor:
    """Of the tokens in a branch's sequence, ascending."""
    return tokens_THW.flatten().nonzero()[:, 0]


def _lattice(like_THW: Tensor, step: int) -> Tensor:
    """Tokens in every so manieth row and column."""
    rows, columns = (torch.arange(n, device=like_THW.device) % step == 0 for n in like_THW.shape[1:])
    return (rows[:, None] & columns).expand_as(like_THW)


@dataclass(frozen=True)
class Region:
    """The tokens of one clip that matter.

    Attributes:
        edited: indices of the region with its ring.
        context: indices of what is looked at besides; none of them edited.
        keeper: the branch that has context.
    """

    edited: Tensor
    context: Tensor
    keeper: str = "composite"

    @staticmethod
    def of(tokens_THW: Tensor, economy: Economy, keeper: str = "composite") -> Region:
        """From the tokens that may change, a boolean grid. Raises ValueError where there are none."""
        if not tokens_THW.any():
            raise ValueError("no token may change")
        edited = grown(tokens_THW, economy.ring, economy.ring_frames)
        return Region(indices(edited), indices(surroundings(edited, economy.near)), keeper)

    def shares(self, branches: tuple[str, ...], phase: Phase) -> dict[str, Share]:
        """What of every branch takes part in a call. Raises ValueError where the keeper is none of them."""
        if self.keeper not in branches:
            raise ValueError(f"no branch '{self.keeper}' that could keep the context; there are {', '.join(branches)}")
        return {name: self._kept(phase) if name == self.keeper else Share(self.edited) for name in branches}

    def _kept(self, phase: Phase) -> Share:
        if phase is Phase.FRESH:
            size = len(self.edited)
            return Share(
                torch.cat((self.edited, self.context)), stored={_REGION: slice(0, size), _CONTEXT: slice(size, None)}
            )
        if phase is Phase.REUSED:
            return Share(self.edited, recalled=(_CONTEXT,))
        return Share(self.edited[:0], recalled=(_REGION, _CONTEXT))
