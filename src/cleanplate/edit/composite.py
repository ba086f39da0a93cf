"""Layers over the plate, on the plate's own planes in its encoded values (invariant 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial

import numpy as np

from cleanplate.edit.blend import blend_chroma, blend_full
from cleanplate.edit.blend8 import blend_chroma8, blend_full8, is_fast
from cleanplate.edit.chroma import ChromaGrid, Range
from cleanplate.edit.patch import Patch
from cleanplate.media.colour import resolve
from cleanplate.media.frame import PixelFormat, Plane, Siting
from cleanplate.media.probe import ClipInfo

_BAND = 96
"""Chroma rows that one thread works on at once: enough to outweigh calls, few enough for a processor's cache. Several
threads get longer bands, since at every call they wait for each other to let go of the interpreter."""


def composite_planes(
    planes: tuple[Plane, ...],
    patches: Sequence[Patch],
    fmt: PixelFormat,
    siting: Siting | None,
    *,
    threads: int = 1,
) -> tuple[Plane, ...]:
    """The patches over one frame, in their order.

    Args:
        planes: canonical planes of the plate; not changed. Their own alpha passes through.
        patches: in the layer format of `fmt`, inside the frame.
        siting: of the plate's chroma (`siting_of`); None is taken as left.
        threads: that share the frame's rows. The samples do not depend on it.
    Returns:
        New planes; where nothing was to do, the same objects. Every sample whose footprint has alpha 0 is the plate's.
    Raises:
        ValueError: a patch leaves the frame or has another number of components.
    """
    if not patches:
        return planes
    height, width = planes[0].shape
    colours = fmt.components - fmt.has_alpha
    grid = ChromaGrid.of(fmt, siting or Siting.LEFT, height, width)
    result = [np.array(plane) for plane in planes[:colours]]
    for patch in patches:
        _require_fit(patch, height, width, colours)
        _run([_job(result, patch, fmt, grid, rows) for rows in _bands(patch, grid, threads)], threads)
    return (*result, *planes[colours:])


def siting_of(info: ClipInfo) -> Siting | None:
    """The siting of a plate's chroma, by the field's conventions where the file is silent; None without subsampling."""
    return resolve(info.colour, info.format, info.height).siting


def _require_fit(patch: Patch, height: int, width: int, colours: int) -> None:
    y0, x0, y1, x1 = patch.box
    if y0 < 0 or x0 < 0 or y1 > height or x1 > width or patch.colour.shape[2] != colours:
        raise ValueError(
            f"a patch {patch.box} of {patch.colour.shape[2]} components over {height} x {width}, {colours}"
        )


def _bands(patch: Patch, grid: ChromaGrid, threads: int) -> Iterator[Range]:
    """Half-open ranges of chroma rows that together hold all that the patch reaches."""
    start, stop = grid.down.reached(patch.y, patch.y + patch.alpha.shape[0])
    band = _BAND if threads == 1 else max(_BAND, -(-(stop - start) // threads))
    return ((row, min(row + band, stop)) for row in range(start, stop, band))


def _job(planes: list[Plane], patch: Patch, fmt: PixelFormat, grid: ChromaGrid, rows: Range) -> Callable[[], None]:
    """The work of one band, which touches no sample of another's."""
    y0, _, y1, _ = patch.box
    factor = grid.down.factor
    own = max(rows[0] * factor, y0) - y0, min(rows[1] * factor, y1) - y0
    full = [n for n in range(len(planes)) if not fmt.is_subsampled(n)]
    over_full, over_chroma = (blend_full8, blend_chroma8) if is_fast(fmt, grid) else _float_kernels(fmt)

    def work() -> None:
        if own[0] < own[1]:
            over_full(planes, patch, full, own)
        if len(full) < len(planes):
            over_chroma(planes[1:], patch, rows, grid)

    return work


def _float_kernels(fmt: PixelFormat) -> tuple[Callable[..., None], Callable[..., None]]:
    return partial(blend_full, fmt=fmt), partial(blend_chroma, fmt=fmt)


def _run(jobs: Sequence[Callable[[], None]], threads: int) -> None:
    if threads == 1 or len(jobs) == 1:
        for job in jobs:
            job()
        return
    futures: list[Future[None]] = [_pool(threads).submit(job) for job in jobs]
    for future in futures:
        future.result()


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="composite")
