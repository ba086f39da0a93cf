"""Everything that a training run of VOID depends on, but its data. Read without torch."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from cleanplate.engines.void.padding import is_padded
from cleanplate.models.sampling.settings import Part
from cleanplate.models.void.config import PUBLISHED, STRIDE, VoidConfig
from cleanplate.models.void.schedule import GUIDANCE, STEPS
from cleanplate.train.recipe import Common, Schedule, Settings

_COLOURS = 3


class Clips(Settings):
    """What is cut out of the data.

    Attributes:
        frames: of a training clip at most, 8 k + 5.
        sizes: a step takes one of them, such as 512 for pictures of about 512 x 512 pixels in the clip's own aspect.
        most: pixels of all frames at most; larger pictures are shown for a shorter time.
        batch: clips a step, over all processes; each process takes its own one after the other.
        held: clips at the end of the data that are not trained on, but drawn as it goes.
        workers: processes that decode ahead, for each training process; 0 decodes in between.
    """

    frames: PositiveInt = 69
    sizes: tuple[PositiveInt, ...] = (256, 384, 512, 640, 768, 896, 1024)
    most: PositiveInt = 73 * 512 * 512
    batch: PositiveInt = 8
    held: NonNegativeInt = 1
    workers: NonNegativeInt = 0


class Rates(Schedule):
    """How it is learned.

    Attributes:
        optimiser: CAME has moments of rows and columns where AdamW has one of each weight, so it needs less memory.
        rate: of learning.
        betas: of first moment, second moment, and confidence, which CAME alone has.
    """

    optimiser: Literal["came", "adamw"] = "came"
    rate: PositiveFloat = 1e-5
    betas: tuple[Part, Part, Part] = (0.9, 0.999, 0.9999)
    warmup: NonNegativeInt = 50
    shape: Literal["constant", "cosine"] = "cosine"
    decay: NonNegativeFloat = 0.0


class Masks(Settings):
    """Masks as they are not in the data, so that the model bears those that people make.

    Attributes:
        everything: part of the clips of which everything is to be removed.
        unforeseen: part of the others on which no consequence is marked.
        rough: part of the others whose areas reach too far, unevenly.
        reach: how far at most, in parts of the picture's shorter side.
        untold: part of the clips of which everything is to be removed that are drawn from the text alone: neither
            mask nor plate is told.
        reasoned: part of the others whose affected areas are as the `physics` reasoner might have drawn them, with its
            measured errors; in whole cells of the grid.
    """

    everything: Part = 0.0
    unforeseen: Part = 0.0
    rough: Part = 0.0
    reach: Part = 0.05
    untold: Part = 0.9
    reasoned: Part = 0.0


class Warped(Settings):
    """The second pass's noise, which moves with the clip that is to be drawn.

    Attributes:
        flow: the method that finds how the clip moves; see `motion.flow`.
        fresh: part of it that is replaced by new noise, drawn from 0 to this.
        as_published: blend them with the published divisor, which lets the deviation grow to 1.31 at 0.3.
    """

    flow: str = "dis"
    fresh: Part = 0.3
    as_published: bool = False


class Sampling(Settings):
    """Of previews.

    Attributes:
        guidance: scale of classifier-free guidance; 1 asks once a step.
    """

    steps: Annotated[int, Field(ge=1, le=1000)] = STEPS[1]
    guidance: Annotated[float, Field(ge=1)] = GUIDANCE[1]


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        number: of the pass; the second one starts from warped noise.
        transformer: what it is made of.
        start: weights as `models.void.transformer.start` takes them; None draws them.
        codec: `pixel` needs no weights, and is for tests of the path.
        text: the text encoder; `minilm` comes with a package.
        posterior: latents in training: drawn from what the codec believes, as published, or its best guess.
        noise: mean and deviation of the logarithm of the noise on the plate, in -1..1.
        drop_text: part of the clips that are shown without.
        stored: in what the weights are delivered.
    """

    number: Literal[1, 2] = 1
    transformer: VoidConfig = PUBLISHED
    start: Path | None = None
    codec: Literal["cogvideox", "pixel"] = "cogvideox"
    text: Literal["t5-xxl", "minilm"] = "t5-xxl"
    clips: Clips = Clips()
    rates: Rates = Rates()
    masks: Masks = Masks()
    warped: Warped = Warped()
    sampling: Sampling = Sampling()
    posterior: Literal["drawn", "mode"] = "drawn"
    noise: tuple[float, NonNegativeFloat] = (-3.0, 0.5)
    drop_text: Part = 0.1
    stored: Literal["bfloat16", "float16", "float32"] = "bfloat16"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not is_padded(self.clips.frames):
            raise ValueError(f"the model bears clips of 8 k + 5 frames, such as 69, not of {self.clips.frames}")
        if not self.clips.sizes:
            raise ValueError("clips have some size")
        if self.codec == "pixel" and (self.transformer.channels, self.posterior) != (_COLOURS * prod(STRIDE), "mode"):
            raise ValueError(f"pixels make {_COLOURS * prod(STRIDE)} channels, and nothing of them is drawn")
        if self.transformer.in_channels != 3 * self.transformer.channels:
            raise ValueError("VOID reads noise, mask and plate, so three times the channels of a video")
        return self
