"""Masks made worse, as people's are: consequences that nobody marked, areas that reach too far."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, Labels
from cleanplate.train.slips import degrade, read_errors
from cleanplate.train.void.recipe import Masks

_COARSE = 5
"""Rows and columns of the field that says how far areas reach."""


@dataclass(frozen=True)
class Change:
    """What happens to the masks of one clip, the same on all its frames.

    Attributes:
        everything: is to be removed.
        unforeseen: nothing is marked as affected.
        reach: of the areas beyond what they are, rows x columns of pixels; None leaves them.
        untold: the model is told neither mask nor plate, if everything is to be removed.
        reasoned: seed of the errors that a reasoner makes on the clip; None leaves it as it is.
    """

    everything: bool
    unforeseen: bool
    reach: NDArray[np.float32] | None
    untold: bool
    reasoned: int | None = None

    def of_clip(self, labels: Labels) -> Labels:
        """The masks of a clip, T x rows x columns of 0, 127 and 255; consequences begin after its first frame."""
        if self.reasoned is not None and not self.everything:
            slipped = degrade(labels, np.random.default_rng(self.reasoned), read_errors())
            labels = np.where(slipped == OVERLAP, REMOVE, slipped).astype(np.uint8)
            labels[0] = np.where(labels[0] == AFFECTED, KEEP, labels[0])
        return np.stack([self.of(one) for one in labels])

    def of(self, labels: Labels) -> Labels:
        """The mask of a frame, rows x columns of 0, 127 and 255."""
        if self.everything:
            return np.full_like(labels, REMOVE)
        if self.unforeseen:
            labels = np.where(labels == AFFECTED, KEEP, labels).astype(np.uint8)
        return labels if self.reach is None else grown(labels, self.reach)


def drawn_change(masks: Masks, size: tuple[int, int], random: np.random.Generator) -> Change:
    """What happens by chance to the masks of a clip of that size; the same numbers are drawn, whatever happens."""
    chances = random.random(4)
    field = random.random((_COARSE, _COARSE), dtype=np.float32)
    smooth = cv2.resize(field, size[::-1], interpolation=cv2.INTER_LINEAR)
    reach = np.asarray(smooth * np.float32(masks.reach * min(size) * random.random()), np.float32)
    slips, seed = random.random(), int(random.integers(2**63))
    return Change(
        everything=bool(chances[0] < masks.everything),
        unforeseen=bool(chances[1] < masks.unforeseen),
        reach=reach if chances[2] < masks.rough else None,
        untold=bool(chances[3] < masks.untold),
        reasoned=seed if slips < masks.reasoned else None,
    )


def grown(labels: Labels, reach: NDArray[np.float32]) -> Labels:
    """Both areas as far as a field says; what is removed lies over what is affected."""
    larger = labels.copy()
    for label in (AFFECTED, REMOVE):
        if (labels == label).any():
            away = cv2.distanceTransform((labels != label).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
            larger[away <= reach] = label
    return larger
