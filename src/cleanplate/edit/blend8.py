"""One band of a patch over one band of an 8-bit plate, in 16-bit fixed point: the fast path of `edit.blend`.

It gives what `edit.blend` gives, to 1/30 of a code before rounding, and exactly that where alpha is 0 or 1. OpenCV's
scaled products round in one pass from 16 bits to 16 bits; sums are NumPy's; nothing is allocated. The most that chroma
may err by, for the eight parts into which a footprint is divided at most: 8/512 where colours are rounded to those
parts, 8/514 where alpha is, 1/512 where the plate's share is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.chroma import Axis, ChromaGrid, Range
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.frame import PixelFormat, Plane

_HALF_PEAK = ALPHA_PEAK // 2
_FACTORS = (1, 2)
_MOST_PARTS = 8


def is_fast(fmt: PixelFormat, grid: ChromaGrid) -> bool:
    """True where this module serves: 8 bits, chroma not subsampled or by two and not sited on luma both ways."""
    by_two = grid.down.factor in _FACTORS and grid.across.factor in _FACTORS
    return fmt.depth == 8 and by_two and _parts(grid) <= _MOST_PARTS


class Scratch(threading.local):
    """Arrays of one thread, kept from band to band."""

    def __init__(self) -> None:
        self._held: dict[str, NDArray[np.uint16]] = {}

    def array(self, name: str, shape: tuple[int, ...]) -> NDArray[np.uint16]:
        """An array with any content."""
        held = self._held.get(name)
        if held is None or held.shape != shape:
            held = self._held[name] = np.empty(shape, np.uint16)
        return held


_SCRATCH = Scratch()


def blend_full8(planes: Sequence[Plane], patch: Patch, components: Sequence[int], rows: Range) -> None:
    """Blend full-resolution components into `planes` in place, on rows start..stop-1 of the patch.

    P + a (L - P), where the difference is held in 1/64 of a code. A 64th is added to it, so that at full alpha halves
    round up whatever the plate.
    """
    start, stop = rows
    y0, x0, _, x1 = patch.box
    shape = stop - start, x1 - x0
    alpha = np.right_shift(patch.alpha[start:stop], 1, out=_SCRATCH.array("alpha", shape)).view(np.int16)
    plate, mixed = _SCRATCH.array("plate", shape).view(np.int16), _SCRATCH.array("mixed", shape).view(np.int16)
    for component in components:
        target = planes[component][y0 + start : y0 + stop, x0:x1]
        layer = patch.colour[start:stop, :, component].view(np.int16)
        np.copyto(plate, target)
        cv2.addWeighted(layer, 16, plate, -64, 1, dst=mixed)
        cv2.multiply(mixed, alpha, dst=mixed, scale=1 / (64 * _HALF_PEAK))
        np.add(mixed, plate, out=mixed)
        cv2.min(mixed, 255, dst=mixed)
        np.copyto(target, mixed, casting="unsafe")


def blend_chroma8(planes: Sequence[Plane], patch: Patch, rows: Range, grid: ChromaGrid) -> None:
    """Blend both subsampled components into `planes` in place, on chroma rows start..stop-1 that the patch reaches.

    Alpha and the two premultiplied components are scaled so that the sum over a footprint fills 16 bits.
    """
    y0, x0, y1, x1 = patch.box
    columns = grid.across.reached(x0, x1)
    (top, bottom), (left, right) = grid.down.footprint(*rows), grid.across.footprint(*columns)
    first, last = max(top, y0), min(bottom, y1)
    height, width = bottom - top, right - left + (right - left) % grid.across.factor
    parts = _parts(grid)
    most = ALPHA_PEAK // parts
    inside = np.s_[first - top : last - top, x0 - left : x1 - left]
    alpha = patch.alpha[first - y0 : last - y0]
    size = rows[1] - rows[0], columns[1] - columns[0]
    sums = _SCRATCH.array("sums", (3, *size))
    for component, total in enumerate(sums):
        samples = _SCRATCH.array("samples", (height, width))
        _blank_around(samples, inside)
        if component == 0:
            cv2.addWeighted(alpha, most / ALPHA_PEAK, alpha, 0, 0, dst=samples[inside])
        else:
            colour = patch.colour[first - y0 : last - y0, :, component]
            cv2.multiply(alpha, colour, dst=samples[inside], scale=64 / parts / ALPHA_PEAK)
        _continue_edges(samples, (top, bottom), (left, right), grid)
        _subsample(samples, total, grid)
    _mix(planes, sums, (rows, columns), most * parts)


def _mix(planes: Sequence[Plane], layer: NDArray[np.uint16], place: tuple[Range, Range], full: int) -> None:
    """Put the plate's part beside the layer's, which is in 1/256 of a code; `full` is the sum of full alphas."""
    covered, colours = layer[0], layer[1:]
    np.subtract(full, covered, out=covered)
    plate = _SCRATCH.array("chroma", covered.shape)
    for plane, colour in zip(planes, colours, strict=True):
        target = plane[slice(*place[0]), slice(*place[1])]
        np.copyto(plate, target)
        cv2.multiply(plate, covered, dst=plate, scale=256 / full)
        np.add(plate, colour, out=plate)
        cv2.convertScaleAbs(plate, dst=target, alpha=1 / 256)


def _parts(grid: ChromaGrid) -> int:
    """The sum of a footprint's weights, as whole numbers."""
    return _axis_parts(grid.down) * _axis_parts(grid.across)


def _axis_parts(axis: Axis) -> int:
    return {1: 1, 2: 2, 3: 4}[len(axis.weights)]


def _blank_around(samples: NDArray[np.uint16], inside: tuple[slice, slice]) -> None:
    rows, columns = inside
    if rows.start:
        samples[: rows.start] = 0
    if rows.stop < samples.shape[0]:
        samples[rows.stop :] = 0
    if columns.start:
        samples[:, : columns.start] = 0
    if columns.stop < samples.shape[1]:
        samples[:, columns.stop :] = 0


def _continue_edges(samples: NDArray[np.uint16], rows: Range, columns: Range, grid: ChromaGrid) -> None:
    """Beyond the frame its edge is repeated."""
    above, below = max(0, -rows[0]), max(0, rows[1] - grid.down.size)
    before, behind = max(0, -columns[0]), max(0, columns[1] - grid.across.size)
    end_y, end_x = rows[1] - rows[0] - below, columns[1] - columns[0] - behind
    if before:
        samples[:, :before] = samples[:, before : before + 1]
    if behind:
        samples[:, end_x : end_x + behind] = samples[:, end_x - 1 : end_x]
    if above:
        samples[:above] = samples[above]
    if below:
        samples[end_y:] = samples[end_y - 1]


def _subsample(samples: NDArray[np.uint16], total: NDArray[np.uint16], grid: ChromaGrid) -> None:
    """Sums over footprints, in whole weights, into `total`.

    Rows are added up as one long row: what runs over a row's end lies beyond the last footprint.
    """
    height, width = total.shape
    if len(grid.down.weights) == 3:
        samples = _neighbours(samples, samples.shape[1], "rows")
    if grid.down.factor == 2:
        halved = _SCRATCH.array("halved", (height, samples.shape[1]))
        samples = np.add(samples[: 2 * height : 2], samples[1 : 2 * height : 2], out=halved)
    for n in range(len(grid.across.weights) - 1):
        samples = _neighbours(samples, 1, f"columns {n}")
    if grid.across.factor == 2:
        samples = samples.view("<u4")[:, :width]  # of each pair the first, which is its lower half
    np.copyto(total, samples, casting="unsafe")


def _neighbours(samples: NDArray[np.uint16], step: int, name: str) -> NDArray[np.uint16]:
    """Every sample plus the one `step` further on, in reading order; the last ones are left undefined."""
    pairs = _SCRATCH.array(name, samples.shape)
    flat = samples.reshape(-1)
    np.add(flat[:-step], flat[step:], out=pairs.reshape(-1)[:-step])
    return pairs
