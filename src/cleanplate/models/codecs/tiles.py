"""A picture in tiles that overlap: where they lie, and how much of each shows."""

from __future__ import annotations

import torch
from torch import Tensor


def spans(length: int, tile: int, overlap: int) -> list[slice]:
    """Where tiles lie along a side: as few as overlap by `overlap` or more, evenly, the last one ending with the side.

    Args:
        length: of the side.
        tile: longest tile; more than `overlap`.
    """
    if length <= tile:
        return [slice(0, length)]
    count = 1 + -(-(length - tile) // (tile - overlap))
    starts = [round(index * (length - tile) / (count - 1)) for index in range(count)]
    return [slice(start, start + tile) for start in starts]


def shares(length: int, places: list[slice], scale: int = 1) -> list[Tensor]:
    """What each tile along a side contributes at each of its samples; 1 in all at every sample of the side.

    Where tiles overlap, one fades into the next, so that what a codec makes near a tile's edge, where it sees zeros
    instead of the picture, hardly shows.

    Args:
        places: see `spans`.
        scale: samples for each unit that `length` and `places` are counted in.
    """
    heights = [torch.full(((place.stop - place.start) * scale,), torch.inf) for place in places]
    for height, place in zip(heights, places, strict=True):
        ramp = torch.arange(1.0, len(height) + 1)
        if place.start > 0:
            height.clamp_(max=ramp)
        if place.stop < length:
            height.clamp_(max=ramp.flip(0))
        height[height.isinf()] = len(height)
    total = torch.zeros(length * scale)
    for height, place in zip(heights, places, strict=True):
        total[place.start * scale : place.stop * scale] += height
    return [
        height / total[place.start * scale : place.stop * scale] for height, place in zip(heights, places, strict=True)
    ]
