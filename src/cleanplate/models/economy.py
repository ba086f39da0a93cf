"""Region compute: over the steps of sampling, which tokens of which branch are computed, remembered or left out.

Tokens of the edit and of alpha outside the region are never computed and never looked at: nothing is delivered from
there. The branch that sees the source keeps its tokens outside the region as context, but only as keys and values, and
those of an earlier step: every few steps they are computed afresh. Late in sampling, when it hardly changes any more,
that branch is frozen: its keys and values stay, its queries stop. It is never dropped, since the source enters only
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import torch
from torch import Tensor

from cleanplate.models.memory import Share
from cleanplate.models.region import grown, indices, surroundings

_REGION, _CONTEXT = "region", "context"


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
        if self.near is not None and self.near < 1:
            raise ValueError("context near the region is whole up to a distance of 1 at least")

    def phase(self, step: int, steps: int) -> Phase:
        """Of step 0, 1, ... of so many. The first step is fresh, and so is the last before the branch freezes."""
        frozen = max(1, round(self.freeze * steps)) if self.freeze < 1 else steps
        if step >= frozen:
            return Phase.FROZEN
        last = step == frozen - 1 and frozen < steps
        return Phase.FRESH if last or step % self.refresh == 0 else Phase.REUSED


@dataclass(frozen=True)
class Region:
    """The tokens of one clip that matter.

    Attributes:
        edited: indices of the region with its ring.
        context: indices of what is looked at besides; none of them edited.
        keeper: the branch that has context.
    """

    edited: Tensor
    context: Tensor
    keeper: str = "composite"

    @staticmethod
    def of(tokens_THW: Tensor, economy: Economy, keeper: str = "composite") -> Region:
        """From the tokens that may change, a boolean grid. Raises ValueError where there are none."""
        if not tokens_THW.any():
            raise ValueError("no token may change")
        edited = grown(tokens_THW, economy.ring, economy.ring_frames)
        return Region(indices(edited), indices(surroundings(edited, economy.near)), keeper)

    def shares(self, branches: tuple[str, ...], phase: Phase) -> dict[str, Share]:
        """What of every branch takes part in a call. Raises ValueError where the keeper is none of them."""
        if self.keeper not in branches:
            raise ValueError(f"no branch '{self.keeper}' that could keep the context; there are {', '.join(branches)}")
        return {name: self._kept(phase) if name == self.keeper else Share(self.edited) for name in branches}

    def _kept(self, phase: Phase) -> Share:
        if phase is Phase.FRESH:
            size = len(self.edited)
            return Share(
                torch.cat((self.edited, self.context)), stored={_REGION: slice(0, size), _CONTEXT: slice(size, None)}
            )
        if phase is Phase.REUSED:
            return Share(self.edited, recalled=(_CONTEXT,))
        return Share(self.edited[:0], recalled=(_REGION, _CONTEXT))
