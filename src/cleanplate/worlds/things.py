"""Where the changed things of a counterfactual pair are seen, each by itself: what a judge of their ways must know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.counterfactual import Counterfactual
from cleanplate.worlds.moves import Rendered
from cleanplate.worlds.scene import Scene


@dataclass(frozen=True)
class Things:
    """Of one pair, T frames of H x W.

    Attributes:
        names: of the changed things; what only changes its shape is none of them.
        places: of each, the number that it has in `original` and `altered`.
        original, altered: T x H x W int16, which body the plate and the truth show; -1 for none.
        ground: T x H x W x 3 uint8, the truth without any of these things.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    original: NDArray[np.int16]
    altered: NDArray[np.int16]
    ground: NDArray[np.uint8]

    @classmethod
    def of(cls, scene: Scene, worlds: Counterfactual, views: Rendered) -> Self:
        """From a pair that is rendered already."""
        changed = {change.name for change in worlds.changed} - views.soft
        found = [(body.name, place) for place, body in enumerate(scene.bodies) if body.name in changed]
        original, altered = (np.stack([view.instance for view in shot]) for shot in (views.plates, views.truths))
        ground = np.stack([view.rgb for view in views.grounds])
        return cls(tuple(name for name, _ in found), tuple(place for _, place in found), original, altered, ground)
