"""How a model is run: what is traded for memory or speed, beside what the sampler is asked. Read without torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DType = Literal["float32", "bfloat16"]
Attention = Literal["sdpa", "flex", "flash", "sage", "xformers"]


class Running(BaseModel):
    """Settings that `prepare.prepared` carries out.

    Attributes:
        dtype: of the transformer's weights and activations; codecs compute in float32.
        fp8: the blocks' linear layers are kept in 8 bits; the answers change a little.
        offload: blocks wait in the computer's memory; the answers stay, to the bit.
        ahead: of blocks that wait, one is fetched while another computes; so two are there at a time, not one.
        tile: rows and columns above which the codec works in tiles; None never does.
        attention: the kernel, see `backends`.
        compiled: the blocks are compiled at the first calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtype: DType = "bfloat16"
    fp8: bool = False
    offload: bool = False
    ahead: bool = True
    tile: Annotated[int, Field(ge=128, multiple_of=16)] | None = None
    attention: Attention = "sdpa"
    compiled: bool = False
