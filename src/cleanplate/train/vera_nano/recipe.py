"""Everything that a training run of vera-nano depends on. Read without torch."""

from __future__ import annotations

from typing import Self

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from cleanplate.models.sampling.settings import Part
from cleanplate.train.recipe import Settings
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera.recipe import Rates as Layers
from cleanplate.train.vera.recipe import Recipe as Layered


class Stock(Settings):
    """What clips are put together of (`worlds.layered.stock`); each is made when it is first needed, and kept.

    Attributes:
        things, shoots, takes: how many.
        held: clips beside these for validation, out of stock of their own, from seeds before `seed`.
        seed: of the first of each.
    """

    things: PositiveInt = 1600
    shoots: PositiveInt = 400
    takes: PositiveInt = 400
    held: PositiveInt = 24
    seed: NonNegativeInt = 3_000_000

    @model_validator(mode="after")
    def _holds_back(self) -> Self:
        if self.seed < (least := 2 * self.held):
            raise ValueError(f"a seed under {least} leaves none for what is held back")
        return self


class Mix(Settings):
    """Parts of the clips.

    Attributes:
        background: that change the background; the others add.
        rendered: that come of a take.
        mirrored: shown left to right.
        brief: told what to do alone, and not how it is filmed.
        closer: of the steps, in which all clips are close-ups of additions (`models.closeup`).
    """

    background: Part = 0.4
    rendered: Part = 0.35
    mirrored: Part = 0.5
    brief: Part = 0.5
    closer: Part = 0.4


class Rates(Layers):
    """AdamW as in `train.vera`, and Muon.

    Attributes:
        matrices: of Muon, for the blocks' matrices; None leaves them to AdamW.
    """

    matrices: PositiveFloat | None = 8e-3


class Recipe(Layered):
    """A training run; see `train.vera.recipe.Recipe` too.

    Attributes:
        pure: part of the clips that the model sees with noise alone: what it then says is its best guess of all.
        elsewhere: how much the colours of edit and composite count where the layer covers nothing, against 1 where it
            covers all.
    """

    clips: Clips = Clips(frames=16, rows=64, columns=112, batch=8, workers=1)
    stock: Stock = Stock()
    mix: Mix = Mix()
    rates: Rates = Rates()
    pure: Part = 0.3
    elsewhere: PositiveFloat = 0.1

    @model_validator(mode="after")
    def _plain(self) -> Self:
        if self.system.stride[0] != 1 or self.system.prediction != "sample":
            raise ValueError("this recipe is for models that predict samples, of every frame by itself")
        if self.clips.frames % self.system.transformer.patch[0]:
            raise ValueError(f"{self.clips.frames} frames are no multiple of {self.system.transformer.patch[0]}")
        return self
