"""Which tokens can matter to an edit: its region, a ring around it, and context that thins out with distance.

All grids here are boolean, frames x rows x columns of tokens. Distances are Chebyshev's: one token in any of the three
directions, or in all, is 1.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.models.patches import Grid

_COARSEST = 8
"""Context is never thinned to fewer than one token in so many rows and columns."""


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
            every fourth, and so on to every eighth. None keeps all.
    """
    if near is None:
        return ~tokens_THW
    kept = torch.zeros_like(tokens_THW)
    left, step = ~tokens_THW, 1
    while True:
        reach = grown(tokens_THW, near * step, near * step) if step < _COARSEST else torch.ones_like(tokens_THW)
        kept |= left & reach & _lattice(tokens_THW, step)
        left = left & ~reach
        if step == _COARSEST:
            return kept
        step *= 2


def indices(tokens_THW: Tensor) -> Tensor:
    """Of the tokens in a branch's sequence, ascending."""
    return tokens_THW.flatten().nonzero()[:, 0]


def _lattice(like_THW: Tensor, step: int) -> Tensor:
    """Tokens in every so manieth row and column."""
    rows, columns = (torch.arange(n, device=like_THW.device) % step == 0 for n in like_THW.shape[1:])
    return (rows[:, None] & columns).expand_as(like_THW)
