"""Everything that a training run of the placer depends on. Read without torch."""

from __future__ import annotations

from typing import Self

from pydantic import PositiveInt, model_validator

from cleanplate.models.placing.shape import Shape
from cleanplate.models.sampling.settings import Part
from cleanplate.train.recipe import Adam, Common
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock

_FRAMES = 3
"""At least: a way is told by its beginning, middle and end."""


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        shape: of the placer.
        clips: of the stock; a step's batch is of so many additions.
        mix: parts of the additions that come of a take, and that are shown left to right; no more of it counts here.
        additions: of stock, whose words and ways are learned; a tenth as many are held back.
        brief: part that is told what to do alone, and not how it is filmed.
        fewer: part of which some words are left out, so that what is not said is left open.
        told: part that is told in which boxes all must happen.
        standing: part of the boxes that stand still.
    """

    lora: None = None
    shape: Shape = Shape()
    clips: Clips = Clips(frames=16, rows=64, columns=112, batch=128)
    stock: Stock = Stock()
    mix: Mix = Mix(background=0.0)
    additions: PositiveInt = 4000
    brief: Part = 0.5
    fewer: Part = 0.4
    told: Part = 0.3
    standing: Part = 0.7
    rates: Adam = Adam()

    @model_validator(mode="after")
    def _heeds_all(self) -> Self:
        clips, mix = self.clips, self.mix
        if clips.frames < _FRAMES:
            raise ValueError(f"clips of {clips.frames} frames are too short to go any way; take {_FRAMES} at least")
        if clips != Clips(frames=clips.frames, rows=clips.rows, columns=clips.columns, batch=clips.batch):
            raise ValueError("of `clips` only frames, rows, columns and batch can be changed here")
        if mix != Mix(background=0.0, rendered=mix.rendered, mirrored=mix.mirrored):
            raise ValueError("of `mix` only rendered and mirrored can be changed here: nothing but additions is placed")
        return self
