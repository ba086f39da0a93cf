"""Compositing again, written the slow way: one sample at a time, in float64, from the definition alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.frame import Family, PixelFormat, Siting


def weights_1d(n: int, factor: int, cosited: bool, size: int) -> dict[int, float]:
    """Luma index -> weight of chroma sample n along one dimension; indices beyond the frame fall on its edge."""
    found: dict[int, float] = {}
    if factor == 1:
        places = {n: 1.0}
    elif cosited:
        places = {factor * n + k: (factor - abs(k)) / factor**2 for k in range(-factor + 1, factor)}
    else:
        places = {factor * n + k: 1 / factor for k in range(factor)}
    for place, weight in places.items():
        inside = min(max(place, 0), size - 1)
        found[inside] = found.get(inside, 0.0) + weight
    return found


def footprint(
    cy: int, cx: int, fmt: PixelFormat, siting: Siting, height: int, width: int
) -> dict[tuple[int, int], float]:
    down = weights_1d(cy, 1 << fmt.sub_y, siting is Siting.TOPLEFT, height)
    across = weights_1d(cx, 1 << fmt.sub_x, siting is not Siting.CENTER, width)
    return {(y, x): wy * wx for y, wy in down.items() for x, wx in across.items()}


def canvas(patch: Patch, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The patch on the whole frame: colour, alpha codes."""
    colour = np.zeros((height, width, patch.colour.shape[2]))
    alpha = np.zeros((height, width), dtype=np.int64)
    y0, x0, y1, x1 = patch.box
    colour[y0:y1, x0:x1] = patch.colour
    alpha[y0:y1, x0:x1] = patch.alpha
    return colour, alpha


def exact_composite(
    planes: Sequence[np.ndarray], patch: Patch, fmt: PixelFormat, siting: Siting, scale: int
) -> list[np.ndarray]:
    """float64 planes before rounding; the layer's codes are divided by `scale`."""
    height, width = planes[0].shape
    colour, codes = canvas(patch, height, width)
    alpha = codes / ALPHA_PEAK
    result = []
    for component in range(1 if fmt.family is Family.GRAY else 3):
        plane = planes[component].astype(np.float64)
        layer = colour[..., component] / scale
        if fmt.is_subsampled(component):
            mixed = plane.copy()
            for cy, cx in np.ndindex(plane.shape):
                places = footprint(cy, cx, fmt, siting, height, width)
                covered = math.fsum(w * alpha[p] for p, w in places.items())
                if any(codes[p] for p in places):
                    mixed[cy, cx] = math.fsum(w * alpha[p] * layer[p] for p, w in places.items())
                    mixed[cy, cx] += (1 - covered) * plane[cy, cx]
        else:
            mixed = np.where(codes == 0, plane, plane + alpha * (layer - plane))
        result.append(mixed)
    return result


def untouched(fmt: PixelFormat, component: int, codes: np.ndarray, siting: Siting) -> np.ndarray:
    """Which samples of a plane have alpha 0 over their whole footprint."""
    height, width = codes.shape
    if not fmt.is_subsampled(component):
        still: np.ndarray = codes == 0
        return still
    still = np.zeros(fmt.plane_shape(component, height, width), dtype=bool)
    for cy, cx in np.ndindex(still.shape):
        still[cy, cx] = all(codes[p] == 0 for p in footprint(cy, cx, fmt, siting, height, width))
    return still
