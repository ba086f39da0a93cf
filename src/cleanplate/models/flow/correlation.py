"""How alike the places of one picture are to those of another, at four sizes (Teed & Deng, ECCV 2020, section 3.2).

Where all pairs fit into memory they are computed once and looked up; otherwise each look computes what it sees
(section 3.2, "efficient computation for high resolution images"). Both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from cleanplate.models.flow.geometry import LEVELS, RADIUS, volume_bytes

_TAPS = 2 * RADIUS + 2
"""Along each side: a window of whole steps about any point touches so many samples."""
_CHUNK = 1 << 25
"""Numbers that are gathered at once when a look computes what it sees: 128 MB."""
_Taps = Callable[[Tensor], Tensor]
"""From P x K numbers of places at one level to how alike they are (P x K) to each of the first picture's P places."""


class Correlation:
    """Between two pictures.

    Args:
        a, b: features, 1 x C x H x W each.
        limit: bytes that all pairs may take.
    """

    def __init__(self, a_1CHW: Tensor, b_1CHW: Tensor, limit: int) -> None:
        rows, columns = a_1CHW.shape[-2:]
        kept = volume_bytes(rows, columns) <= limit
        a_PC = a_1CHW[0].flatten(1).T.contiguous() / a_1CHW.shape[1] ** 0.5
        self._levels: list[tuple[tuple[int, int], _Taps]] = []
        for level in range(LEVELS):
            seen = avg_pool2d(b_1CHW, 2**level) if level else b_1CHW
            b_CQ = seen[0].flatten(1)
            taps = _all_pairs(a_PC, b_CQ) if kept else _pairs_seen(a_PC, b_CQ)
            self._levels.append(((seen.shape[-2], seen.shape[-1]), taps))

    def look(self, at_12HW: Tensor) -> Tensor:
        """Round the points of the second picture that the first one's places are thought to be at.

        Args:
            at: (x, y) in samples.

        Returns:
            1 x levels (2 r + 1)² x H x W; within a level, x changes slowest. Zero outside the picture.
        """
        _, _, rows, columns = at_12HW.shape
        at_P2 = at_12HW[0].flatten(1).T
        seen = [_window(at_P2 / 2**level, size, taps) for level, (size, taps) in enumerate(self._levels)]
        return torch.cat(seen, dim=1).T.reshape(1, -1, rows, columns)


def _all_pairs(a_PC: Tensor, b_CQ: Tensor) -> _Taps:
    volume_PQ = a_PC @ b_CQ
    return lambda places_PK: volume_PQ.gather(1, places_PK)


def _pairs_seen(a_PC: Tensor, b_CQ: Tensor) -> _Taps:
    b_QC = b_CQ.T.contiguous()

    def taps(places_PK: Tensor) -> Tensor:
        step = max(1, _CHUNK // (places_PK.shape[1] * b_QC.shape[1]))
        starts = range(0, len(a_PC), step)
        pairs = ((a_PC[n : n + step], places_PK[n : n + step]) for n in starts)
        return torch.cat([torch.einsum("pc,pkc->pk", a, b_QC[places]) for a, places in pairs])

    return taps


def _window(at_P2: Tensor, size: tuple[int, int], taps: _Taps) -> Tensor:
    """P x (2 r + 1)²: between samples, bilinearly. All of a window lie alike between theirs, so they share weights."""
    corner = at_P2.floor()
    (right, down), whole = (at_P2 - corner).T[:, :, None, None], corner.long() - RADIUS
    steps = torch.arange(_TAPS, device=at_P2.device)
    x, y = whole[:, :1] + steps, whole[:, 1:] + steps
    inside = ((y >= 0) & (y < size[0]))[:, :, None] & ((x >= 0) & (x < size[1]))[:, None]
    places = y.clamp(0, size[0] - 1)[:, :, None] * size[1] + x.clamp(0, size[1] - 1)[:, None]
    samples = taps(places.flatten(1)).view(-1, _TAPS, _TAPS) * inside
    across = samples[:, :-1] * (1 - down) + samples[:, 1:] * down
    found: Tensor = across[:, :, :-1] * (1 - right) + across[:, :, 1:] * right
    return found.transpose(1, 2).flatten(1)
