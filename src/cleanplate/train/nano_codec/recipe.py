"""Everything that a training run of the autoencoder depends on. Read without torch."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.codecs.shape import Shape
from cleanplate.models.sampling.settings import Part
from cleanplate.train.recipe import Adam, Common, Settings
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock


class Pictures(Settings):
    """What is cut out of clips.

    Attributes:
        each: pictures of one clip.
        closer: part of them that are enlarged, up to `nearest` times.
    """

    each: PositiveInt = 8
    closer: Part = 0.4
    nearest: Annotated[float, Field(ge=1)] = 3.0


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        shape: of the autoencoder.
        clips: a step's batch is of so many clips.
        noise: deviation of what is added to the latents before they are drawn, so that near ones look alike.
        steep: weight of the errors of differences between neighbours, which keeps outlines sharp.
        size: weight of the latents' squares, so that noise counts.
    """

    lora: None = None
    shape: Shape = Shape()
    clips: Clips = Clips(frames=16, rows=64, columns=112, batch=3, workers=1)
    stock: Stock = Stock()
    mix: Mix = Mix()
    pictures: Pictures = Pictures()
    rates: Adam = Adam()
    noise: NonNegativeFloat = 0.1
    steep: NonNegativeFloat = 0.5
    size: NonNegativeFloat = 2e-3

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _, rows, columns = vera_nano().stride
        if self.clips.rows % rows or self.clips.columns % columns:
            raise ValueError(f"{self.clips.columns} x {self.clips.rows} is not a multiple of {columns} x {rows}")
        return self
