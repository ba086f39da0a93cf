"""A drawn frame on the model's grid, and how two of them are joined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEXT_TO_NOTHING = np.float32(1e-4)


@dataclass(frozen=True)
class Sheet:
    """Edit and alpha of one frame, upright.

    Attributes:
        colour: H x W x 3 float32, straight, R'G'B' of a picture in 0..1.
        alpha: H x W float32, 0..1.
    """

    colour: NDArray[np.float32]
    alpha: NDArray[np.float32]


def blended(a: Sheet, b: Sheet, share: float) -> Sheet:
    """Both over each other; `share` (0..1) is b's. Colours count as much as they cover."""
    of_a, of_b = (1 - np.float32(share)), np.float32(share)
    alpha = of_a * a.alpha + of_b * b.alpha
    from_a = of_a * (a.alpha + _NEXT_TO_NOTHING)
    from_b = of_b * (b.alpha + _NEXT_TO_NOTHING)
    whole = from_a + from_b
    colour = (from_a / whole)[..., None] * a.colour + (from_b / whole)[..., None] * b.colour
    return Sheet(colour.astype(np.float32), alpha.astype(np.float32))
