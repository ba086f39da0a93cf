"""Noise that hangs on the seed and what it is for, not on how many processes there are or when a run was stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from cleanplate.train.order import Purpose


def normal(
    shape: Sequence[int], seed: int, purpose: Purpose, number: int, device: torch.device | str = "cpu"
) -> Tensor:
    """Standard normal float32, drawn where it is needed: the same on all devices of a kind."""
    words = np.random.SeedSequence([seed, purpose, number]).generate_state(2, np.uint32)
    generator = torch.Generator(device).manual_seed(int(words[0]) << 32 | int(words[1]))
    return torch.randn(tuple(shape), generator=generator, device=device)
