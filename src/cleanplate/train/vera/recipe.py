"""Everything that a training run depends on, but its data. Read without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from cleanplate.models.catalogue.system import System
from cleanplate.models.sampling.settings import Part
from cleanplate.train.recipe import Common, Schedule, Settings


class Clips(Settings):
    """What is cut out of the data.

    Attributes:
        frames, rows, columns: of a training clip; the codec's stride must fit.
        batch: clips a step, over all processes.
        kept: bytes of decoded clips that a process keeps in memory.
        workers: processes that decode ahead, for each training process; 0 decodes in between.
    """

    frames: PositiveInt = 49
    rows: PositiveInt = 480
    columns: PositiveInt = 832
    batch: PositiveInt = 16
    kept: NonNegativeInt = 2_000_000_000
    workers: NonNegativeInt = 0


class Rates(Schedule):
    """AdamW.

    Attributes:
        new, copied: learning rates of layers that start from nothing, and of those copied from a trained model.
    """

    new: PositiveFloat = 1e-4
    copied: PositiveFloat = 1e-5
    betas: tuple[Part, Part] = (0.9, 0.999)


class Sparse(Settings):
    """Part of the steps train on the sparse path, so that region compute meets a model that knows it.

    Attributes:
        part: of all steps.
        whole: part of these in which all of the context stays; in the others it thins out with distance.
        grow: the region is the changed one, grown by 0 to so many tokens, which of them is drawn.
        near: see `models.sparse.region.surroundings`.
    """

    part: Part = 0.0
    whole: Part = 0.25
    grow: NonNegativeInt = 2
    near: PositiveInt = 2


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        system: the transformer and what goes with it.
        start: folder of weights in our format (`models convert` makes them from Wan2.1's); None draws them.
        accumulate: a step's batch goes through the model in so many parts, which divide it.
        shift: of the noise levels towards more noise.
        floor: noise level below which a prediction of samples weighs no more.
        drop_text, drop_mask: part of the clips that are shown without.
        weights: of the branches' losses; 0 for the composite is the paper's ablation without its supervision.
    """

    system: System
    start: Path | None = None
    clips: Clips = Clips()
    rates: Rates = Rates()
    sparse: Sparse = Sparse()
    accumulate: PositiveInt = 1
    shift: PositiveFloat = 5.0
    floor: Annotated[float, Field(gt=0, le=1)] = 0.05
    drop_text: Part = 0.1
    drop_mask: Part = 0.5
    weights: dict[str, NonNegativeFloat] = Field(default_factory=lambda: {"edit": 1.0, "alpha": 1.0, "composite": 1.0})

    @model_validator(mode="after")
    def _fits(self) -> Self:
        branches = {branch.name for branch in self.system.transformer.branches}
        if set(self.weights) != branches:
            raise ValueError(f"weights are for {', '.join(sorted(branches))}; got {', '.join(sorted(self.weights))}")
        rows, columns = self.system.multiple
        if self.clips.rows % rows or self.clips.columns % columns:
            raise ValueError(f"{self.clips.columns} x {self.clips.rows} is not a multiple of {columns} x {rows}")
        if self.clips.batch % self.accumulate:
            raise ValueError(f"{self.accumulate} parts do not divide a batch of {self.clips.batch}")
        if (self.clips.frames - 1) % self.system.stride[0]:
            raise ValueError(f"{self.clips.frames} frames are not 1 + k x {self.system.stride[0]}")
        return self
