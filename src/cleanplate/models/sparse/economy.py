"""Region compute: over the steps of sampling, which tokens of which branch are computed, remembered or left out.

Tokens of the edit and of alpha outside the region are never computed and never looked at: nothing is delivered from
there. The branch that sees the source keeps its tokens outside the region as context, but only as keys and values, and
those of an earlier step: every few steps they are computed afresh. Late in sampling, when it hardly changes any more,
that branch is frozen: its keys and values stay, its queries stop. It is never dropped, since the source enters only
there. Read without torch; `models.sparse.region.Region` says which tokens these are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

COARSEST = 8
"""Context is never thinned to fewer than one token in so many rows and columns."""


class Phase(Enum):
    """What happens in a step to the branch that keeps the context."""

    FRESH = auto()
    REUSED = auto()
    FROZEN = auto()


@dataclass(frozen=True)
class Economy:
    """How much is saved; the first three cost nothing but context, the last two let it grow stale.

    Attributes:
        ring: rows and columns round the region that are edited with it.
        ring_frames: frames before and after.
        near: see `region.surroundings`; None keeps all of the context.
        refresh: the context is computed at every so manieth step.
        freeze: part of the steps after which the context's branch is frozen; 1.0 never freezes.
    """

    ring: int = 2
    ring_frames: int = 1
    near: int | None = None
    refresh: int = 4
    freeze: float = 1.0

    def __post_init__(self) -> None:
        if self.ring < 0 or self.ring_frames < 0 or self.refresh < 1 or not 0 < self.freeze <= 1:
            raise ValueError(f"no such economy: {self}")
        if self.near is not None and self.near < 0:
            raise ValueError("context near the region is whole up to a distance of 0 at least")

    def phase(self, step: int, steps: int) -> Phase:
        """Of step 0, 1, ... of so many. The first step is fresh, and so is the last before the branch freezes."""
        frozen = max(1, round(self.freeze * steps)) if self.freeze < 1 else steps
        if step >= frozen:
            return Phase.FROZEN
        last = step == frozen - 1 and frozen < steps
        return Phase.FRESH if last or step % self.refresh == 0 else Phase.REUSED
