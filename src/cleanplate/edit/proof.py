"""What a proof says (invariant 2): counted, not promised. `edit.prove` makes it, `verify` and the report show it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Difference(_Frozen):
    """One sample that differs where it may not."""

    frame: int
    plane: str = Field(description="Y, Cb, Cr, R, G, B or A")
    y: int = Field(description="row of that plane")
    x: int = Field(description="column of that plane")
    source: float
    composite: float

    def __str__(self) -> str:
        place = f"frame {self.frame}, plane {self.plane}, row {self.y}, column {self.x}"
        return f"{place}: {self.source:g} became {self.composite:g}"


class SetResult(_Frozen):
    """A set of samples that must equal the plate's."""

    compared: int = Field(default=0, description="samples in the set, over all frames and planes")
    differing: int = Field(default=0, description="of them, how many differ")
    by_plane: dict[str, int] = Field(default_factory=dict, description="differing samples of each plane")
    first: tuple[Difference, ...] = Field(default=(), description="the first few differences, in time order")


class Check(_Frozen):
    """Something that must agree besides the samples; `passed` is None where it could not be looked at."""

    name: str
    passed: bool | None
    detail: str = ""


class Proof(_Frozen):
    """The whole of it."""

    alpha_zero: SetResult = Field(description="samples whose whole footprint has alpha 0 in the stored matte")
    outside_region: SetResult = Field(description="samples whose whole footprint lies outside the permitted region")
    frames: int = Field(description="frames compared")
    touched_by_frame: dict[int, float] = Field(
        default_factory=dict, description="share of pixels with alpha over 0, for each frame that has any"
    )
    touched: float = Field(default=0.0, description="share of the clip's pixels with alpha over 0")
    permitted: float = Field(default=0.0, description="share of the clip's pixels that may change")
    whole_frame: bool = Field(
        default=False, description="wherever anything may change the whole frame may: the region proves nothing"
    )
    changed: int = Field(default=0, description="samples that differ at all, wherever they lie")
    largest_change: float = Field(default=0.0, description="largest difference anywhere, in codes")
    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        """True when no sample of either set differs and no check failed."""
        differing = self.alpha_zero.differing + self.outside_region.differing
        return not differing and all(check.passed is not False for check in self.checks)

    @property
    def faults(self) -> tuple[str, ...]:
        """What failed, in sentences that name frame and place."""
        sets = (("alpha is 0", self.alpha_zero), ("nothing may change", self.outside_region))
        found = [
            f"{result.differing:,} samples differ where {where}; first at {result.first[0]}"
            for where, result in sets
            if result.differing
        ]
        return (*found, *(f"{c.name}: {c.detail}" for c in self.checks if c.passed is False))
