"""Masks by position, one bit a pixel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask


class MaskStore(Mapping[int, Mask]):
    """A mapping from positions to small masks of one shape; empty masks are left out."""

    def __init__(self) -> None:
        self._bits: dict[int, NDArray[np.uint8]] = {}
        self._shape = (0, 0)

    def put(self, at: int, mask: Mask) -> None:
        """Keep a mask, unless it is empty."""
        if mask.any():
            self._bits[at], self._shape = np.packbits(mask), mask.shape

    def __getitem__(self, at: int) -> Mask:
        height, width = self._shape
        return np.unpackbits(self._bits[at], count=height * width).reshape(height, width).astype(np.bool_)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._bits))

    def __len__(self) -> int:
        return len(self._bits)

    def areas(self) -> dict[int, int]:
        """Position -> number of pixels, without unpacking."""
        return {at: int(np.bitwise_count(bits).sum()) for at, bits in self._bits.items()}
