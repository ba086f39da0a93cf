"""Everything that a training run of void-nano depends on. Read without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from cleanplate.models.catalogue.system import Mask, System
from cleanplate.models.sampling.settings import Part
from cleanplate.models.sparse.economy import Economy
from cleanplate.train.recipe import Common, Schedule, Settings

TURNS = 20
"""Seeds that may be tried for one pair: some scenes break their promise."""


class Pairs(Settings):
    """The worlds that are learned from. A pair is made when it is first needed, and kept.

    Attributes:
        rows, columns: of the pictures.
        count: pairs; after these it begins anew, in another order.
        held: pairs beside these for validation, from seeds before `seed`.
        families: of all these pairs, those that are learned from and validated on; all where none is named.
        seed: of the first scene.
        batch: pairs a step.
        workers: processes that make and read pairs ahead of the model; 0 does it in between.
    """

    rows: PositiveInt = 64
    columns: PositiveInt = 112
    count: PositiveInt = 700
    held: PositiveInt = 42
    families: tuple[str, ...] = ()
    seed: NonNegativeInt = 1_000_000
    batch: PositiveInt = 8
    workers: NonNegativeInt = 1


class Variety(Settings):
    """How one pair is shown in many ways.

    Attributes:
        mirrored, nearer, coloured: parts that are shown left to right, as a window of the frame, in other colours.
        made_up: part that is told with a clean plate as engines make it up; the picture is made over the true one.
        zoom: of the smallest window, at most.
    """

    mirrored: Part = 0.5
    nearer: Part = 0.6
    coloured: Part = 0.7
    made_up: Part = 0.5
    zoom: Annotated[float, Field(ge=1)] = 1.6


class Masks(Settings):
    """What quadmasks are shown as: of people and reasoners, not of simulators.

    Attributes:
        exact, gridded: parts with the exact one, and with whole cells; the others as a reasoner might draw them.
        grow: pixels at most by which an exact one is grown.
    """

    exact: Part = 0.3
    gridded: Part = 0.35
    grow: NonNegativeInt = 1


class Rates(Schedule):
    """AdamW, and Muon.

    Attributes:
        rate: of AdamW, at its fullest.
        matrices: of Muon, for the blocks' matrices; None leaves them to AdamW.
        betas: of AdamW.
    """

    rate: PositiveFloat = 1e-3
    matrices: PositiveFloat | None = 8e-3
    betas: tuple[Part, Part] = (0.9, 0.99)


class Recipe(Common):
    """A training run; see `Common` too.

    Attributes:
        start: folder of weights in our format; None draws them.
        pure: part of the pairs that the model sees with noise alone: what it then says is its best guess of all.
        shift: of the other noise levels towards more noise.
        economy: what of a clip is computed, in training as in use.
        weights: of the errors: colour of the picture, shift, visibility, residual.
        mask: how the quadmask is told; `binary` is the ablation that knows only what may change.
    """

    system: System
    start: Path | None = None
    pairs: Pairs = Pairs()
    variety: Variety = Variety()
    masks: Masks = Masks()
    rates: Rates = Rates(shape="cosine")
    economy: Economy = Economy(ring=0, ring_frames=0, near=0)
    pure: Part = 0.8
    shift: PositiveFloat = 3.0
    weights: dict[str, NonNegativeFloat] = Field(
        default_factory=lambda: {"colour": 1.0, "shift": 0.3, "seen": 0.5, "residual": 0.05}
    )
    mask: Mask = "quadmask"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.pairs.seed < (least := self.pairs.held * (TURNS + 1)):
            raise ValueError(f"a seed under {least} leaves none for the pairs that are held back")
        rows, columns = self.system.multiple
        if self.pairs.rows % rows or self.pairs.columns % columns:
            raise ValueError(f"{self.pairs.columns} x {self.pairs.rows} is not a multiple of {columns} x {rows}")
        return self

    @property
    def delivered(self) -> System:
        """The system, to be told and asked as it was in training."""
        sampling = self.system.sampling.model_copy(update={"economy": self.economy})
        return self.system.model_copy(update={"mask": self.mask, "sampling": sampling})
