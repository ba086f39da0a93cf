"""What all transformers here have in common, so that one way of running serves them all."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

from cleanplate.models.tokens.attention import Attend
from cleanplate.models.tokens.parallel import Crew


class Transformer(nn.Module):
    """A stack of blocks.

    Attributes:
        blocks: of one kind, one after the other.
        attend: the kernel of their attention; another may be put in its place.
        crew: the processes that share a call, or None.
    """

    blocks: nn.ModuleList
    attend: Attend
    crew: Crew | None


Model = TypeVar("Model", bound=Transformer)
