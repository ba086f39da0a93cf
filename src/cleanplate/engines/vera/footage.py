"""The plate and its permitted region as a model takes them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.edit.region import PermittedRegion
from cleanplate.engines.learned.size import WorkingSize
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture


class Footage:
    """A clip on a model's grid, frame by frame."""

    def __init__(self, clip: Clip, region: PermittedRegion, size: WorkingSize) -> None:
        self._clip, self._region, self._size = clip, region, size

    def picture(self, frame: int) -> NDArray[np.float32]:
        """H x W x 3, R'G'B' in 0..1, upright; plates that are no picture (PQ, HLG, log, light) pass their curve."""
        shown = picture(self._clip.frame(frame), self._clip.info, self._size.coded)
        return np.asarray(self._size.upright(shown), np.float32) / np.float32(255)

    def video(self, frames: Sequence[int]) -> Tensor:
        """3 x T x H x W in -1..1."""
        stacked = torch.stack([torch.from_numpy(self.picture(frame)) for frame in frames])
        return stacked.permute(3, 0, 1, 2) * 2 - 1

    def mask(self, frames: Sequence[int]) -> Tensor:
        """T x H x W bool: pixels of which any part may change."""
        return torch.stack([torch.from_numpy(self._permitted(frame)) for frame in frames])

    def _permitted(self, frame: int) -> NDArray[np.bool_]:
        allowed = self._region.at(frame).astype(np.float32)
        rows, columns = self._size.coded
        shrunk = cv2.resize(allowed, (columns, rows), interpolation=cv2.INTER_AREA)
        return self._size.upright(np.asarray(shrunk > 0))
