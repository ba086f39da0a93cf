"""`LayeredClip`: one sample of a layered dataset, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.layered.alpha import Picture


class Task(StrEnum):
    """What the layer does."""

    ADD = "obj-add"
    BACKGROUND = "bg-change"


class Tier(StrEnum):
    """How a clip was made, after Vera's three tiers."""

    SYNTHETIC = "synthetic"
    SINGLE = "single-object"
    MULTI = "multi-object"


@dataclass(frozen=True)
class LayeredFrame:
    """One frame; ``composite = over(edit, alpha, preserved)`` to one code.

    Attributes:
        source: what a person has before the edit: for an addition the same as `preserved`.
        preserved: what the layer lies over.
        edit, alpha: the layer, straight.
        subject: H x W bool: what must stay, where there is such a thing (background change).
        coverage: H x W float32: what the added thing covers by itself, without its effects.
    """

    source: Picture
    preserved: Picture
    edit: Picture
    alpha: NDArray[np.uint8]
    composite: Picture
    subject: NDArray[np.bool_]
    coverage: NDArray[np.float32]


@dataclass(frozen=True)
class LayeredClip:
    """A sample that draws its frames when asked.

    Attributes:
        subject: the noun of what is added or kept.
        instruction: as a user would write it.
        target_caption, source_caption: what is seen after and before.
        facts: what it was sampled from, for stratified evaluation (JSON values).
    """

    task: Task
    tier: Tier
    seed: int
    rate: float
    length: int
    subject: str
    instruction: str
    target_caption: str
    source_caption: str
    draw: Callable[[], Iterator[LayeredFrame]]
    facts: Mapping[str, str | float | int] = field(default_factory=dict)

    def frames(self) -> Iterator[LayeredFrame]:
        """All frames in time order, the same every time."""
        return self.draw()
