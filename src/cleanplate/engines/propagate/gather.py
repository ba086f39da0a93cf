"""One box of one frame, put together from what other frames show there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.agree import agreement
from cleanplate.engines.propagate.geometry import Relation, on_plate, on_survey
from cleanplate.engines.propagate.grain import Grain, measure_grain
from cleanplate.engines.propagate.source import TRUSTED, Source
from cleanplate.engines.propagate.tone import Tone, match_tone
from cleanplate.motion.warp import Box, Grid, covers, pixel_grid, resample

Relate = Callable[[int, int], Relation]
"""(target, source) to their relation."""

_SURE = 0.9


@dataclass(frozen=True)
class Gathered:
    """What the sources say about a box.

    Attributes:
        colour: h x w x C float32 layer codes, in the target's exposure.
        seen: h x w float32, 0..1: how surely some frame of the plate shows the pixel.
        covered: the same, with clean plates that were made for what no frame shows.
        copies: h x w float32, how many independent answers the mean holds: their grain has shrunk by its root.
        grain: the plate's, measured around the hole; None where that was not possible.
    """

    colour: NDArray[np.float32]
    seen: NDArray[np.float32]
    covered: NDArray[np.float32]
    copies: NDArray[np.float32]
    grain: Grain | None


@dataclass(frozen=True)
class _Aligned:
    """A source brought onto the survey grid of the target's box."""

    source: Source
    relation: Relation
    tone: Tone
    answer: NDArray[np.float32]
    trust: NDArray[np.float32]


def gather(target: Source, box: Box, sources: Sequence[tuple[Source, float]], relate: Relate, peak: float) -> Gathered:
    """Mean of the sources that agree, each brought to the target's place and exposure.

    Tone and agreement are settled on the survey grid; colours are then sampled once, at full resolution.

    Args:
        sources: each with its standing (> 0), such as its nearness in time.
    """
    scale = (target.trust.shape[0] / target.small.shape[0], target.trust.shape[1] / target.small.shape[1])
    small_box = _survey_box(box, scale)
    aligned = [
        _align(target, small_box, source, standing, relate=relate, scale=scale, peak=peak)
        for source, standing in sources
    ]
    aligned = [one for one in aligned if one.trust.any()]
    plate = _crop(target.colour, box).astype(np.float32)
    total, squares, seen, covered = (np.zeros(plate.shape[:2], np.float32) for _ in range(4))
    colour = np.zeros_like(plate)
    if not aligned:
        return Gathered(colour, seen, covered, np.ones_like(total), None)
    weights = agreement(np.stack([one.answer for one in aligned]), np.stack([one.trust for one in aligned]), peak)
    up = on_survey(pixel_grid(box), scale) - np.array(small_box[1::-1], np.float32)
    for one, weight in zip(aligned, weights, strict=True):
        answer, trust = _full(one, box, up)
        share = resample(weight, up, kernel=cv2.INTER_LINEAR) * trust
        total += share
        covered = np.maximum(covered, trust)
        if not one.source.made:
            squares += share**2
            seen = np.maximum(seen, trust)
        colour += share[..., None] * answer
    colour /= np.maximum(total, 1e-9)[..., None]
    copies = (total**2 / np.maximum(squares, 1e-12)).astype(np.float32)
    around = (_crop(target.trust, box) == TRUSTED) & (seen > _SURE)
    return Gathered(colour, seen, covered, copies, measure_grain(plate, colour, copies, around))


def _align(
    target: Source,
    small_box: Box,
    source: Source,
    standing: float,
    *,
    relate: Relate,
    scale: tuple[float, float],
    peak: float,
) -> _Aligned:
    relation = relate(target.frame, source.frame)
    centres = on_plate(pixel_grid(small_box), scale)
    place = relation.send(centres)
    answer = resample(source.small, on_survey(place, scale), kernel=cv2.INTER_LINEAR).reshape(*place.shape[:2], -1)
    trust = _trust(source, place) * relation.clear(centres)
    both = (_trust(target, centres) > _SURE) & (trust > _SURE)
    tone = match_tone(_crop(target.small, small_box), answer, both, peak)
    return _Aligned(source, relation, tone, tone.gain * answer + tone.offset, standing * trust)


def _full(one: _Aligned, box: Box, up: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The source's colours in the target's tone and its trust (0..1), at full resolution."""
    if one.relation.still:
        colour = np.asarray(_crop(one.source.colour, box), np.float32)
        trust = _crop(one.source.trust, box) * np.float32(1 / TRUSTED)
    else:
        here = pixel_grid(box)
        place = one.relation.send(here)
        colour = resample(one.source.colour, place).astype(np.float32).reshape(*place.shape[:2], -1)
        trust = _trust(one.source, place) * one.relation.clear(here)
    offset = resample(one.tone.offset, up, kernel=cv2.INTER_LINEAR).reshape(colour.shape)
    return one.tone.gain * colour + offset, trust


def _trust(source: Source, place: Grid) -> NDArray[np.float32]:
    """Trust (0..1) at plate places; none outside the frame."""
    trust = resample(source.trust, place, kernel=cv2.INTER_LINEAR) * np.float32(1 / TRUSTED)
    return np.asarray(trust * covers(place, *source.trust.shape), np.float32)


def _crop(picture: NDArray[Any], box: Box) -> NDArray[Any]:
    y0, x0, y1, x1 = box
    return picture[y0:y1, x0:x1]


def _survey_box(box: Box, scale: tuple[float, float]) -> Box:
    """The survey pixels that a box of the plate touches."""
    (y0, x0, y1, x1), (sy, sx) = box, scale
    return floor(y0 / sy), floor(x0 / sx), ceil(y1 / sy), ceil(x1 / sx)
