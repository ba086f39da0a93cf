"""Pictures of a preview as one."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def sheet_of(pictures_NB3HW: Tensor, row: int) -> NDArray[np.uint8]:
    """B pictures side by side, in rows of so many; the N of each, in 0..1, lie below each other."""
    codes = (pictures_NB3HW * 255).round().clamp(0, 255).to(torch.uint8).cpu()
    parts = (codes[:, first : first + row] for first in range(0, codes.shape[1], row))
    rows = [torch.cat(list(pictures), dim=2) for part in parts for pictures in part]
    return torch.cat(rows, dim=1).permute(1, 2, 0).numpy()
