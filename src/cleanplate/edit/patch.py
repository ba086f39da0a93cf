"""What a layer is made of: patches of straight colour with their matte, on the plate's own frame grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALPHA_PEAK = 65535
"""Alpha is stored as 16-bit codes: 0 shows the plate, this shows the layer."""


@dataclass(frozen=True)
class Patch:
    """A rectangle of a layer on one frame.

    Attributes:
        y, x: top left corner on the plate's coded grid.
        colour: h x w x 3 (h x w x 1 for gray plates), straight (unpremultiplied) colour in the *layer format*: the
            plate's own colour model at full chroma resolution, integer codes at max(plate depth, 10) bits (uint16),
            floats for float plates.
        alpha: h x w, uint16, 0..ALPHA_PEAK, whatever the plate.
    """

    y: int
    x: int
    colour: NDArray[Any]
    alpha: NDArray[Any]

    def __post_init__(self) -> None:
        if self.colour.shape[:2] != self.alpha.shape or self.colour.ndim != 3:
            raise ValueError(f"patch colour {self.colour.shape} and alpha {self.alpha.shape} do not belong together")

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(y0, x0, y1, x1), ends exclusive."""
        height, width = self.alpha.shape
        return self.y, self.x, self.y + height, self.x + width


def is_empty(patches: tuple[Patch, ...]) -> bool:
    """True when no pixel of the patches covers the plate."""
    return not any(np.any(patch.alpha) for patch in patches)
