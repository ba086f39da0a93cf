"""How a sample is drawn. Read without torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cleanplate.models.sparse.caching import Caching
from cleanplate.models.sparse.economy import Economy

Solver = Literal["unipc", "euler"]
Prediction = Literal["velocity", "sample"]
"""What a model answers: noise minus sample, or the clean latents."""
Part = Annotated[float, Field(ge=0, le=1)]


class Sampling(BaseModel):
    """Settings of a sampler; the defaults are those of Wan2.1's text to video.

    Attributes:
        steps: of the solver.
        guidance: scale of classifier-free guidance; 1 asks the model once a step, without the negative text.
        guided: part of the steps, counted from the first, in which guidance is used; the others ask once.
        batched: both questions of a guided step go through the model together: faster where memory is plenty.
        shift: of the noise levels towards more noise.
        solver: `unipc` (diffusers' UniPC, second order) or `euler`.
        economy: what region compute saves; None computes every token at every step.
        cache: when blocks are left out; None runs all of them at every step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[int, Field(ge=1)] = 50
    guidance: Annotated[float, Field(ge=1)] = 5.0
    guided: Part = 1.0
    batched: bool = False
    shift: Annotated[float, Field(gt=0)] = 5.0
    solver: Solver = "unipc"
    economy: Economy | None = None
    cache: Caching | None = None

    def guides(self, step: int) -> bool:
        """Whether guidance is used in step 0, 1, ..."""
        return self.guidance > 1 and step < round(self.guided * self.steps)
