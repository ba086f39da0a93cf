"""How sure a followed mask is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signs:
    """What can be measured of one step.

    Attributes:
        flow: mean belief in the flow over the mask, 0..1.
        colour: share of the mask whose colour is rather the object's.
        growth: area against the last frame's.
        contrast: contrast of the outline against the anchor's.
        recall: mean match of the anchor's look, carried along, 0..1.
        size: area against the anchor's.
    """

    flow: float
    colour: float
    growth: float
    contrast: float
    recall: float
    size: float


def confidence_of(signs: Signs, before: float) -> float:
    return min(1.0, before)
