"""A clip's pictures at a working size, forwards or backwards, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture

Picture = NDArray[np.uint8]
"""H x W x 3 uint8 RGB."""

_RUN = 24
"""Pictures held while going backwards: video decodes forwards only, so it is read run by run."""


def working_size(clip: Clip, side: int) -> tuple[int, int]:
    """(height, width) with the clip's aspect, at most `side` on the longer side and never enlarged."""
    height, width = clip.info.height, clip.info.width
    share = min(1.0, side / max(height, width))
    return max(1, round(height * share)), max(1, round(width * share))


def picture_at(clip: Clip, index: int, size: tuple[int, int]) -> Picture:
    """One frame's picture."""
    return picture(clip.frame(index), clip.info, size=size)


def pictures(clip: Clip, order: range, size: tuple[int, int]) -> Iterator[tuple[int, Picture]]:
    """(index, picture) for every index of `order`, whose step is 1 or -1."""
    if order.step == 1:
        for frame in clip.frames(order.start, order.stop):
            yield frame.index, picture(frame, clip.info, size=size)
        return
    for last in range(order.start, order.stop, -_RUN):
        first = max(order.stop, last - _RUN) + 1
        run = list(pictures(clip, range(first, last + 1), size))
        yield from reversed(run)
