"""One band of a patch over one band of the plate, in float32: the definition of compositing (invariant 1).

Alpha exactly 0 gives the plate's sample and alpha exactly 1 the layer's, rounded to the plate's depth: both products
are then exact, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.chroma import ChromaGrid, Range, Real, reduce, window
from cleanplate.edit.layer_format import layer_scale
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.frame import PixelFormat, Plane

_UNIT = np.float32(1 / ALPHA_PEAK)


def blend_full(
    planes: Sequence[Plane], patch: Patch, components: Sequence[int], rows: Range, *, fmt: PixelFormat
) -> None:
    """Blend full-resolution components into `planes` in place, on rows start..stop-1 of the patch."""
    start, stop = rows
    y0, x0, _, x1 = patch.box
    alpha = patch.alpha[start:stop] * _UNIT
    shows = np.float32(1) - alpha
    for component in components:
        target = planes[component][y0 + start : y0 + stop, x0:x1]
        colour = patch.colour[start:stop, :, component] * np.float32(1 / layer_scale(fmt))
        with np.errstate(invalid="ignore"):  # an infinite plate's product with nothing, which is put right below
            mixed = colour * alpha + target * shows
        if fmt.is_float:
            np.copyto(mixed, colour, where=alpha == 1)
            np.copyto(mixed, target, where=alpha == 0)
            target[...] = mixed
        else:
            _store(mixed, target, fmt.peak)


def blend_chroma(planes: Sequence[Plane], patch: Patch, rows: Range, grid: ChromaGrid, *, fmt: PixelFormat) -> None:
    """Blend both subsampled components into `planes` in place, on chroma rows start..stop-1 that the patch reaches.

    The layer is premultiplied before it is subsampled: C = sum(w a C_layer) + (1 - sum(w a)) C_plate.
    """
    y0, x0, y1, x1 = patch.box
    columns = grid.across.reached(x0, x1)
    across = grid.across.footprint(*columns)
    down = grid.down.footprint(*rows)
    first, last = max(down[0], y0) - y0, min(down[1], y1) - y0
    top = y0 + first

    def subsampled(samples: Real) -> Real:
        return reduce(window(samples, (top, x0), down, across, grid), grid.down, grid.across)

    alpha = patch.alpha[first:last] * _UNIT
    shows = np.float32(1) - subsampled(alpha)
    for component, plane in enumerate(planes, 1):
        target = plane[slice(*rows), slice(*columns)]
        layer = subsampled(alpha * patch.colour[first:last, :, component])
        _store(layer * np.float32(1 / layer_scale(fmt)) + target * shows, target, fmt.peak)


def _store(mixed: Real, target: NDArray[Any], peak: int) -> None:
    """Round to the nearest code, halves to even, within the format's codes."""
    np.rint(mixed, out=mixed)
    np.clip(mixed, 0, peak, out=mixed)
    np.copyto(target, mixed, casting="unsafe")
