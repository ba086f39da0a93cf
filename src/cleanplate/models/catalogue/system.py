"""What generates: a transformer, and the codec, text encoder and videos that it is trained with. Read without torch."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cleanplate.models.mixture.config import MixtureConfig, Positive
from cleanplate.models.sampling.settings import Prediction, Sampling

CodecName = Literal["wan", "nano-codec", "pixel", "moves"]
TextEncoderName = Literal["umt5-xxl", "minilm", "words", "none"]
Mask = Literal["quadmask", "binary"]


class Limits(BaseModel):
    """The videos that a model is made for.

    Attributes:
        frames: longest window, 1 + k x the codec's stride.
        pixels: rows times columns of a frame.
        rate: frames a second.
        slowest: frames a second down to which a window's are spread, so that one holds the whole of an edit; None
            keeps to the rate. For models that are taught whole motions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: Positive = 49
    pixels: Positive = 832 * 480
    rate: Annotated[float, Field(gt=0)] = 16.0
    slowest: Annotated[float, Field(gt=0)] | None = Field(default=None, exclude_if=lambda slowest: slowest is None)


class System(BaseModel):
    """A transformer and what goes with it.

    Attributes:
        transformer: what it is made of.
        codec: between videos and the latents that it denoises; `moves` denoises where pixels come from (void-nano).
        stride: frames, rows and columns that a latent stands for.
        text: the encoder of its instructions; `words` tells them apart without a model, `none` reads none.
        prediction: what it answers: `velocity` is noise minus sample, `sample` the clean latents.
        limits: the videos it was trained on.
        closeup: rows and columns of the windows in which it draws what it adds (`models.closeup`); None draws in the
            frame.
        mask: how it is told what may change (`moves`): `binary` does not tell what is removed from what is affected.
        sampling: how it is sampled well, where the user chooses nothing else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    transformer: MixtureConfig
    codec: CodecName = "wan"
    stride: tuple[Positive, Positive, Positive] = (4, 8, 8)
    text: TextEncoderName = "umt5-xxl"
    prediction: Prediction = "velocity"
    limits: Limits = Limits()
    closeup: Positive | None = Field(default=None, exclude_if=lambda side: side is None)
    mask: Mask = Field(default="quadmask", exclude_if=lambda mask: mask == "quadmask")
    sampling: Sampling = Sampling()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.codec == "pixel" and self.transformer.channels != 3 * math.prod(self.stride):
            raise ValueError(f"patches of {self.stride} pixels do not have {self.transformer.channels} channels")
        if (self.limits.frames - 1) % self.stride[0]:
            raise ValueError(f"a window of {self.limits.frames} frames is not 1 + k x {self.stride[0]}")
        return self

    @property
    def multiple(self) -> tuple[int, int]:
        """Rows and columns of a working size are multiples of these."""
        _, rows, columns = self.transformer.patch
        return self.stride[1] * rows, self.stride[2] * columns
