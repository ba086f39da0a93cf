"""Everything that a training run of the finder depends on. Read without torch."""

from __future__ import annotations

from typing import Self

from pydantic import NonNegativeFloat, PositiveInt, model_validator

from cleanplate.models.finding.shape import Shape
from cleanplate.models.sampling.settings import Part
from cleanplate.train.recipe import Adam, Common
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock

_HEEDED = {"frames", "rows", "columns", "batch", "workers"}


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        shape: of the finder.
        clips: of the stock; a step's batch is of so many.
        each: pictures of one clip.
        mix: parts of the clips that come of a take, and that are shown left to right; no more of it counts here.
        colourless: part of the clips whose things are named without their colours.
        silent: part in which nothing is named, so that what stands out is found.
        others: part of the rest in which something else is laid over the picture; in half of these it is named too, or
            alone.
        pixels: weight of what is wrong pixel by pixel, beside what is wrong with the whole outline.
    """

    lora: None = None
    shape: Shape = Shape()
    clips: Clips = Clips(frames=16, rows=64, columns=112, batch=8, workers=1)
    each: PositiveInt = 4
    stock: Stock = Stock()
    mix: Mix = Mix(background=1.0)
    colourless: Part = 0.1
    silent: Part = 0.1
    others: Part = 0.6
    pixels: NonNegativeFloat = 3.0
    rates: Adam = Adam()

    @model_validator(mode="after")
    def _heeds_all(self) -> Self:
        clips, mix, step = self.clips, self.mix, self.shape.step
        if clips.rows % step or clips.columns % step:
            raise ValueError(f"{clips.columns} x {clips.rows} is not a multiple of {step} x {step}")
        if self.each > clips.frames:
            raise ValueError(f"a clip of {clips.frames} frames has no {self.each} pictures")
        if clips != Clips(**clips.model_dump(include=_HEEDED)):
            raise ValueError(f"of `clips` only {', '.join(sorted(_HEEDED))} can be changed here")
        if mix != Mix(background=1.0, rendered=mix.rendered, mirrored=mix.mirrored):
            raise ValueError(
                "of `mix` only rendered and mirrored can be changed here: subjects stand before backgrounds"
            )
        return self
