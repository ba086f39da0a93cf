"""Learning rates as a function of the step alone, so that a run that goes on needs no memory of them."""

from __future__ import annotations

import math
from typing import Literal


def factor(step: int, steps: int, warmup: int, shape: Literal["constant", "cosine"], cycles: int = 1) -> float:
    """Of the full rate, at step 0, 1, ...: linear up to it, then constant or half a cosine down to nothing.

    Args:
        cycles: how often the cosine comes down; in between the rate is at once full again.
    """
    if step < warmup:
        return (step + 1) / warmup
    if shape == "constant":
        return 1.0
    done = min(1.0, (step - warmup) / max(steps - warmup, 1)) * cycles
    return 0.5 * (1 + math.cos(math.pi * (done - min(math.floor(done), cycles - 1))))
