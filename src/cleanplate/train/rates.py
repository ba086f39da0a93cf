"""Learning rates as a function of the step alone, so that a run that goes on needs no memory of them."""

from __future__ import annotations

import math
from typing import Literal


def factor(step: int, steps: int, warmup: int, shape: Literal["constant", "cosine"]) -> float:
    """Of the full rate, at step 0, 1, ...: linear up to it, then constant or half a cosine down to nothing."""
    if step < warmup:
        return (step + 1) / warmup
    if shape == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1)))
