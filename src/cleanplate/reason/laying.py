"""Silhouettes laid on the ground: a shadow on level ground is the silhouette sheared about its foot.

That holds as far as the picture is small beside the scene. It is done at a small size, since shadows have soft edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.masks.track import Mask, mask_box

BASE = 0.12
"""How far above an object's lowest point the middle of its foot lies, as a share of its height."""
FARTHEST = 1.5
"""Heights of a thing that its shadow reaches aside at most."""
_LONGEST = 64
"""Pixels of a thing's longer side at which its shadow is laid."""


@dataclass(frozen=True)
class Way:
    """Where the shadow of a point falls: (aside, down) pixels for each pixel of height over the ground.

    Attributes:
        lifted: how high a thing hangs over the ground, as a share of its height.
    """

    aside: float
    down: float
    lifted: float = 0.0


def laid(mask: Mask, aside: float, down: float, ground: float) -> Mask:
    """The silhouette of what stands at y = `ground`, laid on the ground: (x + aside h, ground + down h) at height h.

    `down` is not 0: a shadow without any depth covers nothing.
    """
    shear = np.array([[1, -aside, aside * ground], [0, -down, (1 + down) * ground]], dtype=np.float64)
    flat = cv2.warpAffine(mask.astype(np.uint8), shear, mask.shape[::-1], flags=cv2.INTER_NEAREST)
    covered: Mask = flat > 0
    return covered


def standing(mask: Mask) -> tuple[float, float]:
    """The y of the middle of a thing's foot where it stands by itself, and its height."""
    box = mask_box(mask)
    if box is None:
        return float(mask.shape[0] - 1), 0.0
    height = float(box[2] - box[0])
    return box[2] - BASE * height, height


def around(mask: Mask) -> tuple[tuple[slice, slice], float]:
    """The part of the picture in which a thing's shadow may lie, and the scale at which it is laid there."""
    y0, x0, y1, x1 = mask_box(mask) or (0, 0, *mask.shape)
    reach = round((FARTHEST + 0.5) * (y1 - y0))
    rows = slice(max(y0 - (y1 - y0), 0), min(y1 + (y1 - y0), mask.shape[0]))
    return (rows, slice(max(x0 - reach, 0), min(x1 + reach, mask.shape[1]))), min(1.0, _LONGEST / max(y1 - y0, x1 - x0))


def shrunk(mask: Mask, scale: float) -> Mask:
    """A mask at a smaller size."""
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)
