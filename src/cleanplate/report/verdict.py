"""The proof in plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was compared; `passed` is None when it could not be."""

    name: str
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the proof found.

    Attributes:
        differing, compared: samples outside the edit.
        whole_frame: the permitted region is the whole frame, so that nothing lies outside it.
        touched: share of the clip's pixels that the layer covers, 0..1.
        where: the first difference, when there is one.
    """

    passed: bool
    differing: int
    compared: int
    whole_frame: bool
    touched: float
    checks: tuple[Check, ...]
    where: str = ""

    @property
    def mood(self) -> str:
        """``good`` or ``bad``."""
        return "good" if self.passed and not self.whole_frame else "bad"


def verdict_of(proof: object) -> Verdict:
    raise ValueError(proof)
