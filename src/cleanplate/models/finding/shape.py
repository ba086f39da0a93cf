"""What the model that finds subjects is made of. Read without torch."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

FINDER = "cleanplate-finder-1"
"""The format that its config.json states."""
GROUPS = 8
"""Of the channels that are normalised together."""
_Width = Annotated[int, Field(gt=0, multiple_of=GROUPS)]


class Shape(BaseModel):
    """What a finder is made of.

    Attributes:
        widths: channels at half of the picture's size, at a quarter, and so on.
        told: channels of what the words say.
        text_dim: channels of a word.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    widths: Annotated[tuple[_Width, ...], Field(min_length=2)] = (32, 64, 128, 160)
    told: PositiveInt = 128
    text_dim: PositiveInt = 384

    @property
    def step(self) -> int:
        """Of which rows and columns of what it looks at are multiples: patches of two, halved again and again."""
        return int(2 ** len(self.widths))
