"""Caching over steps: what the blocks add to the tokens changes slowly, so not every step needs to run them.

Two ways. With a threshold, the first block runs at every step; where what it adds is close to what it added when all
blocks last ran, so will be what the others add (first-block cache, of ParaAttention, after TeaCache, arXiv 2411.19108).
Without, no block runs between two full calls, and how many there are is fixed (TaylorSeer, arXiv 2503.06923). Both
carry what is left out on along a polynomial in time, of order 0 (as it was) or more. Read without torch;
`models.sparse.residuals.Residuals` keeps the state.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Caching(BaseModel):
    """When blocks are left out.

    Attributes:
        threshold: they are where the first block's addition changed by less than this, as a part of its mean magnitude;
            0 leaves out none. None asks no block and leaves out `skips` calls of every `skips` + 1.
        order: of the polynomial through the last full calls; fewer points give a lower one.
        warmup: calls at the start that are always full.
        skips: the most in a row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: Annotated[float, Field(ge=0)] | None = 0.1
    order: Annotated[int, Field(ge=0, le=3)] = 1
    warmup: Annotated[int, Field(ge=1)] = 4
    skips: Annotated[int, Field(ge=0)] = 3

    @property
    def leading(self) -> int:
        """Blocks that run at every step."""
        return 0 if self.threshold is None else 1
