"""What a family of scenes is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cleanplate.worlds.families.owned import Furnishings
from cleanplate.worlds.families.set import Stage


@dataclass(frozen=True)
class Family:
    """One kind of cause and effect.

    Attributes:
        name: in lower case with hyphens; part of a scene's file name.
        about: one line for people.
        play: sets the stage, and returns the names of the things to remove.
        promises: something else changes when they go.
        held_out: for evaluation alone: no training run sees the family, nor what its scenes are furnished with.
    """

    name: str
    about: str
    play: Callable[[Stage], tuple[str, ...]]
    promises: bool = True
    held_out: bool = False

    @property
    def number(self) -> int:
        """Of the name's bytes, for seeding."""
        return int.from_bytes(self.name.encode(), "big") % 2**63


def stage_for(family: Family, seed: int, furnishings: Furnishings | None = None) -> Stage:
    """An empty stage with the random state that family and seed fix."""
    furnishings = furnishings or Furnishings()
    rng = np.random.default_rng([seed, family.number])
    return Stage(rng, furnishings.held_out if family.held_out else furnishings.training)
