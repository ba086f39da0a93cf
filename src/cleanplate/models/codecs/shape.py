"""What the autoencoder of the small models is made of. Read without torch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveInt

AUTOENCODER = "cleanplate-autoencoder-1"
"""The format that its config.json states."""


class Shape(BaseModel):
    """What an autoencoder is made of.

    Attributes:
        channels: of the latents.
        reading: of the layers that read a picture.
        drawing: of those that draw one, from latents to half the picture's rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: PositiveInt = 12
    reading: PositiveInt = 128
    drawing: tuple[PositiveInt, PositiveInt, PositiveInt] = (128, 64, 32)
