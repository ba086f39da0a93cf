"""Everything that a training run of the autoencoder depends on. Read without torch."""

from __future__ import annotations

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

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
        workers: see `Clips`.
    """

    each: PositiveInt = 8
    closer: Part = 0.4
    nearest: PositiveFloat = 3.0


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        shape: of the autoencoder.
        clips: a step's batch is of so many clips.
        noise: deviation of what is added to the latents before they are drawn, so that near ones look alike.
        steep: weight of the errors of differences between neighbours, which keeps outlines sharp.
        size: weight of the latents' squares, so that noise counts.
    """

    shape: Shape = Shape()
    clips: Clips = Clips(frames=16, rows=64, columns=112, batch=3, workers=1)
    stock: Stock = Stock()
    mix: Mix = Mix()
    pictures: Pictures = Pictures()
    rates: Adam = Adam()
    noise: NonNegativeFloat = 0.1
    steep: NonNegativeFloat = 0.5
    size: NonNegativeFloat = 2e-3
