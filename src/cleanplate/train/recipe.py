"""What every training run depends on, whatever it trains. Read without torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from cleanplate.models.sampling.settings import Part


class Settings(BaseModel):
    """A part of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Schedule(Settings):
    """How fast is learned, over the steps.

    Attributes:
        warmup: steps from zero to the full rate.
        shape: of the rate afterwards.
        cycles: of a cosine; after each but the last the rate is full again.
        decay: of the weights, at each step, times the rate.
        clip: the largest norm of a step's gradient.
    """

    warmup: NonNegativeInt = 100
    shape: Literal["constant", "cosine"] = "constant"
    cycles: PositiveInt = 1
    decay: NonNegativeFloat = 0.01
    clip: PositiveFloat = 1.0


class Adam(Schedule):
    """AdamW.

    Attributes:
        new: the learning rate.
    """

    new: PositiveFloat = 2e-3
    betas: tuple[Part, Part] = (0.9, 0.99)


class Lora(Settings):
    """Adapters of low rank learn instead of all weights (Hu et al., arXiv 2106.09685); new layers learn whole."""

    rank: PositiveInt = 64
    alpha: PositiveFloat = 64.0


class Every(Settings):
    """Steps between what is done along the way."""

    log: PositiveInt = 20
    save: PositiveInt = 500
    preview: PositiveInt = 1000


class Common(Settings):
    """What the loop needs to know.

    Attributes:
        steps: of the optimiser.
        lora: None lets all weights learn.
        ema: decay of the average of the weights, which is what is delivered.
        checkpointing: blocks are computed again on the way back.
        sharding: `full` spreads weights and optimiser over the processes (FSDP2); `none` gives each a copy (DDP).
    """

    steps: PositiveInt = 8000
    rates: Schedule = Schedule()
    lora: Lora | None = None
    ema: Part = 0.9999
    precision: Literal["no", "bf16"] = "bf16"
    checkpointing: bool = True
    sharding: Literal["none", "full"] = "none"
    every: Every = Every()
    seed: NonNegativeInt = 0
