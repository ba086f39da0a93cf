"""Which way shadows fall, and what they probably cover: every way that the light may fall, as likely as it looks.

The object's silhouette, laid on the ground in many ways, is held against what is dark there (`reason.darkness`). Where
one way is plain, a shadow is drawn out along it; where the ground's pattern hides it, what most ways agree on remains,
which is the ground about the foot; where the ground is so even that a shadow would show and none does, none is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.reason.backdrop import Backdrop
from cleanplate.reason.darkness import evidence
from cleanplate.reason.footage import Footage
from cleanplate.reason.laying import FARTHEST, Way, around, laid, shrunk, standing

_SIDEWAYS = np.linspace(-FARTHEST, FARTHEST, 13)
_ALONG = (-0.65, -0.45, -0.3, -0.18, -0.08, 0.08, 0.22)
"""Pixels that the shadow of a point goes aside and down the picture for each pixel that it stands high."""
_LIFTED = (0.0, 0.5)
"""Heights of an object, as shares of its own, at which it may hang over the ground."""
_HANGING = 0.1
"""How often an object hangs in the air."""
_CASTS = 0.65
"""How often an object casts a shadow at all."""
_USUAL_ASIDE, _USUAL_DOWN, _USUAL_DOWNS = 0.8, -0.15, 0.22
"""Spread of the ways aside; mean and spread of those down: a camera that looks along the ground sees them short, and
the light comes more often from behind it."""
_LIKELY = 0.06
"""Chance from which a place counts as shadowed: of all ways that a shadow may fall, few cover the same place."""
_ALIKE = 0.3
"""Difference of two ways that lead to nearly the same shadow."""
_NEGLIGIBLE = 1e-3
_TOLD = 0.25
"""Least chance of a shadow at all from which light is told."""
_SMALLEST = 0.05
"""Least that must show of a shadow, as a share of the thing's area."""


@dataclass(frozen=True)
class Sun:
    """Every way that shadows may fall, and how likely each is; together that a shadow falls at all.

    Attributes:
        lifted: how high the object that told it hangs over the ground, as a share of its height.
    """

    ways: tuple[Way, ...]
    chances: tuple[float, ...]
    lifted: float = 0.0

    @property
    def confidence(self) -> float:
        """0.3..0.8: by what is known of the likeliest way."""
        best = self.ways[int(np.argmax(self.chances))]
        near = (np.hypot(way.aside - best.aside, way.down - best.down) < _ALIKE for way in self.ways)
        return 0.3 + 0.5 * float(sum(chance for chance, one in zip(self.chances, near, strict=True) if one))

    def ground(self, there: Mask) -> float:
        """The y of the ground under the object that told it."""
        foot, height = standing(there)
        return foot + self.lifted * height

    def shadow(self, mask: Mask, foot: float | None = None) -> Mask:
        """h x w: the shadow of what stands at `foot` (y; by default where it stands by itself), hidden parts too."""
        return self.likelihood(mask, foot) >= _LIKELY

    def likelihood(self, mask: Mask, foot: float | None = None) -> NDArray[np.float32]:
        """h x w: the chance of each place to lie in the shadow."""
        chance = np.zeros(mask.shape, np.float32)
        if not mask.any():
            return chance
        near, scale = around(mask)
        small = shrunk(mask[near], scale)
        ground = standing(small)[0] if foot is None else (foot - near[0].start) * scale
        covered = np.zeros(small.shape, np.float32)
        for way, weight in zip(self.ways, self.chances, strict=True):
            if weight > _NEGLIGIBLE:
                covered += weight * laid(small, way.aside, way.down, ground)
        chance[near] = cv2.resize(covered, chance[near].shape[::-1], interpolation=cv2.INTER_LINEAR)
        return chance


def sun_of(footage: Footage, owner: int, looks: Sequence[int], backs: Sequence[Backdrop] = ()) -> Sun | None:
    """The way that an object's shadow falls, as far as the pictures that are looked at tell; None where it has none.

    Args:
        backs: what is behind the object, where it moves; by default it is held against its surroundings.
    """
    shown = [at for at in looks if (footage.owner[at] == owner).any()]
    if not shown:
        return None
    flat = [Way(float(aside), down) for aside, down in product(_SIDEWAYS, _ALONG)]
    raised = [[Way(way.aside, way.down, lifted) for way in flat] for lifted in _LIFTED]
    usual = np.array([_usual(way) for way in flat])
    often = (1 - _HANGING, _HANGING)
    ratios = [
        share * usual / usual.sum() * np.exp(evidence(footage, owner, shown, ways, backs))
        for share, ways in zip(often, raised, strict=True)
    ]
    total = float(sum(ratio.sum() for ratio in ratios))
    lifted = int(np.argmax([ratio.sum() for ratio in ratios]))
    casts = _CASTS * total / (_CASTS * total + 1 - _CASTS)
    chances = casts * ratios[lifted] / ratios[lifted].sum()
    sun = Sun(tuple(flat), tuple(map(float, chances)), _LIFTED[lifted])
    there = footage.owner[shown[len(shown) // 2]] == owner
    shows = sun.shadow(there, sun.ground(there)) & ~footage.object(shown[len(shown) // 2])
    return sun if casts >= _TOLD and shows.sum() >= _SMALLEST * there.sum() else None


def _usual(way: Way) -> float:
    return float(np.exp(-((way.aside / _USUAL_ASIDE) ** 2) / 2 - ((way.down - _USUAL_DOWN) / _USUAL_DOWNS) ** 2 / 2))
