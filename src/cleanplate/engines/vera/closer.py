"""Two looks at a window: the model says where a thing is over the whole of it, and draws it again from near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.models.closeup import Aim, cropped, following, pasted
from cleanplate.models.sampling.sampler import Moment

_NEARER = 0.9
"""Of the frame's rows: a close-up of more shows nothing larger than the whole window does."""
_OTHER_NOISE = 1
"""Added to the seed for the second look."""


class CloserDraughtsman:
    """Draws windows as `Draughtsman` does, finer than it sees them whole.

    Args:
        whole: draws a window as the model sees it whole.
        near: draws a close-up; it is told that it is one.
        first: rows and columns that the model sees of a whole window.
        side: of a close-up.
    """

    def __init__(self, whole: Draughtsman, near: Draughtsman, first: tuple[int, int], side: int) -> None:
        self._whole, self._near, self._first, self._side = whole, near, first, side

    def draw(self, scenery: Scenery, watch: Callable[[Moment], None] | None = None) -> Drawn:
        """See `Draughtsman.draw`. What the first look shows beyond the close-up is left out."""
        size = (int(scenery.region_THW.shape[1]), int(scenery.region_THW.shape[2]))
        seen = self._whole.draw(_sized(scenery, self._first), watch)
        aim = following(seen.alpha_THW.numpy())
        if aim is None or float(aim.sides_T.max()) > _NEARER * self._first[0]:
            return _drawn_at(seen, size)
        aim = aim.scaled(size[1] / self._first[1], size[0] / self._first[0])
        return _put_back(self._near.draw(_cropped(scenery, aim, self._side), watch), aim, scenery)


def _sized(scenery: Scenery, size: tuple[int, int]) -> Scenery:
    """Smaller, or as it is."""
    region = functional.adaptive_max_pool2d(scenery.region_THW.float(), size) > 0
    head = scenery.head if scenery.head is None else _drawn_at(scenery.head, size)
    return replace(scenery, source_3THW=_at(scenery.source_3THW, size), region_THW=region, head=head)


def _cropped(scenery: Scenery, aim: Aim, side: int) -> Scenery:
    def seen(video_CTHW: Tensor, outside: float | None = None) -> Tensor:
        return cropped(video_CTHW, aim.until(video_CTHW.shape[1]), side, outside=outside)

    head = scenery.head
    return Scenery(
        seen(scenery.source_3THW),
        seen(scenery.region_THW[None].float(), 0.0)[0] > 0,
        None
        if head is None
        else Drawn(seen(head.edit_3THW), seen(head.alpha_THW[None], 0.0)[0], seen(head.composite_3THW)),
        scenery.seed + _OTHER_NOISE,
    )


def _put_back(near: Drawn, aim: Aim, scenery: Scenery) -> Drawn:
    """Over the plate, and nothing elsewhere."""
    plate = (scenery.source_3THW + 1) / 2
    return Drawn(
        pasted(near.edit_3THW, aim, plate),
        pasted(near.alpha_THW[None], aim, torch.zeros_like(plate[:1]))[0],
        pasted(near.composite_3THW, aim, plate),
    )


def _drawn_at(drawn: Drawn, size: tuple[int, int]) -> Drawn:
    return Drawn(_at(drawn.edit_3THW, size), _at(drawn.alpha_THW[None], size)[0], _at(drawn.composite_3THW, size))


def _at(video_CTHW: Tensor, size: tuple[int, int]) -> Tensor:
    """Of another size: means of what comes together, or smoothly between what is there."""
    if video_CTHW.shape[2:] == size:
        return video_CTHW
    if size[0] < video_CTHW.shape[2]:
        return functional.adaptive_avg_pool2d(video_CTHW, size)
    return functional.interpolate(video_CTHW, size, mode="bilinear", align_corners=False)
