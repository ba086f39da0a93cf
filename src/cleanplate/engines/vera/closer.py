"""Close-ups of what is added: a window that goes where the words say, in which the model draws the thing large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import torch
from torch import Tensor

from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.models.catalogue.vocabulary import Vocabulary
from cleanplate.models.closeup import Aim, cropped, pasted, worded
from cleanplate.models.sampling.sampler import Moment

_LEAST = 1e-6
"""Alpha below which there is no colour of a layer to tell."""


@dataclass(frozen=True)
class Thing:
    """What is asked for a thing that is added.

    Attributes:
        told: in full, which says where it goes.
        seen: of its close-up, where it is in the middle and large, whatever is asked.
    """

    told: str
    seen: str


def things_of(instruction: str, vocabulary: Vocabulary | None) -> tuple[Thing, ...]:
    """The things that an instruction asks for; one, of words that nobody lists."""
    if vocabulary is None:
        return (Thing(instruction, worded(instruction)),)
    names = vocabulary.names
    return tuple(Thing(told, worded(names.named(told))) for told in names.one_by_one(instruction))


def drawn_close(
    things: Sequence[tuple[Draughtsman, Aim]],
    scenery: Scenery,
    side: int,
    watch: Callable[[Moment], None] | None = None,
) -> Drawn:
    """Things one by one, each in a window of side x side of the model's pixels; nothing elsewhere.

    Args:
        things: who draws each, told that it sees a close-up, and where.
    """
    drawn = [
        _drawn(draughtsman, replace(scenery, seed=scenery.seed + number), aim, side, watch)
        for number, (draughtsman, aim) in enumerate(things)
    ]
    return reduce(lambda below, above: laid(above, below), drawn)


def laid(above: Drawn, below: Drawn) -> Drawn:
    """One drawing over another of the same plate, as one (Porter & Duff 1984)."""
    alpha, under = above.alpha_THW, below.alpha_THW * (1 - above.alpha_THW)
    both = alpha + under
    mixed = (above.edit_3THW * alpha + below.edit_3THW * under) / both.clamp(min=_LEAST)
    return Drawn(
        torch.where(both > _LEAST, mixed, above.edit_3THW),
        both,
        above.composite_3THW * alpha + below.composite_3THW * (1 - alpha),
    )


def _drawn(
    draughtsman: Draughtsman, scenery: Scenery, aim: Aim, side: int, watch: Callable[[Moment], None] | None
) -> Drawn:
    plate, looked = (scenery.source_3THW + 1) / 2, seen(scenery, aim, side)
    if not looked.region_THW.any():
        return Drawn(plate, torch.zeros_like(plate[0]), plate)
    near = draughtsman.draw(looked, watch)
    return Drawn(
        pasted(near.edit_3THW, aim, plate),
        pasted(near.alpha_THW[None], aim, torch.zeros_like(plate[:1]))[0],
        pasted(near.composite_3THW, aim, plate),
    )


def seen(scenery: Scenery, aim: Aim, side: int) -> Scenery:
    """What is seen in a window of side x side of the model's pixels."""

    def close(video_CTHW: Tensor, outside: float | None = None) -> Tensor:
        return cropped(video_CTHW, aim.until(video_CTHW.shape[1]), side, outside=outside)

    head = scenery.head
    return Scenery(
        close(scenery.source_3THW),
        close(scenery.region_THW[None].float(), 0.0)[0] > 0,
        None
        if head is None
        else Drawn(close(head.edit_3THW), close(head.alpha_THW[None], 0.0)[0], close(head.composite_3THW)),
        scenery.seed,
    )
