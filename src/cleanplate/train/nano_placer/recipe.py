"""Everything that a training run of the placer depends on. Read without torch."""

from __future__ import annotations

from pydantic import PositiveInt

from cleanplate.models.placing.shape import Shape
from cleanplate.models.sampling.settings import Part
from cleanplate.train.recipe import Adam, Common
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Mix, Stock


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        shape: of the placer.
        clips: of the stock; a step's batch is of so many additions.
        additions: of stock, whose words and ways are learned; a tenth as many are held back.
        brief: part that is told what to do alone, and not how it is filmed.
        fewer: part of which some words are left out, so that what is not said is left open.
        told: part that is told in which boxes all must happen.
        standing: part of the boxes that stand still.
    """

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
