"""What the model that places close-ups is made of. Read without torch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveInt

PLACER = "cleanplate-placer-1"
"""The format that its config.json states."""


class Shape(BaseModel):
    """What a placer is made of.

    Attributes:
        dim: of its layers.
        layers: after the words.
        text_dim: channels of a word.
        steps: from noise to a window's way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: PositiveInt = 192
    layers: PositiveInt = 3
    text_dim: PositiveInt = 384
    steps: PositiveInt = 20
