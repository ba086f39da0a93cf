"""What the demo says of a result beside the known truth, by the measures of `cleanplate.metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cleanplate.metrics.mattes import overlap, preserved
from cleanplate.metrics.pictures import psnr, ssim
from cleanplate.metrics.reading import complies
from cleanplate.metrics.trajectory import Shown, Sight, error, lost, sights, wanted
from cleanplate.metrics.words import asked

Codes = NDArray[np.uint8]
"""T x H x W x 3, R'G'B'."""
Mask = NDArray[np.bool_]
"""T x H x W."""
Real = NDArray[np.float32]
"""Pictures in 0..1, or alpha."""
Figures = dict[str, float]
"""By the name of a column; NaN where there is nothing to tell."""


@dataclass(frozen=True)
class Column:
    """How a figure stands in a table: its heading, what it means, and how it is written."""

    heading: str
    meaning: str
    form: str


COLUMNS = {
    "E": Column("E", "trajectory error: 0 is the truth, 1 is doing nothing", "{:.2f}"),
    "lost": Column("lost", "things on frames that are not found where they might be", "{:.0%}"),
    "psnr": Column("PSNR", "where truth and plate differ; more is better", "{:.1f} dB"),
    "ssim": Column("SSIM", "there, too; 1 is the truth", "{:.3f}"),
    "words": Column("words", "of the instruction that the layer shows, read off by rule", "{:.0%}"),
    "overlap": Column("IoU", "of the matte with the true one; 1 is the truth", "{:.2f}"),
    "preserved": Column("preserved", "samples far from the true thing that are the plate's, bit for bit", "{:.1%}"),
}


@dataclass(frozen=True)
class Result:
    """What came out: the composite, and the layer as straight colour and alpha in 0..1 (T x H x W)."""

    composite: Codes
    edit: Codes
    alpha: Real

    @classmethod
    def nothing(cls, plate: Codes) -> Result:
        """The plate under an empty layer."""
        return cls(plate, np.zeros_like(plate), np.zeros(plate.shape[:3], np.float32))


class Answer(Protocol):
    """What would be right."""

    @property
    def truth(self) -> Codes:
        """The true composite."""
        ...

    def figures(self, plate: Codes, result: Result) -> Figures:
        """How near a result is."""
        ...


@dataclass(frozen=True)
class Fallen:
    """A thing that goes another way when something else is gone.

    Attributes:
        ground: H x W x 3 uint8, the truth without the thing.
        original, altered: where plate and truth show it.
    """

    ground: NDArray[np.uint8]
    original: Mask
    altered: Mask

    def sights(self, plate: Real, truth: Real, made: Real) -> list[Sight]:
        """Where a result has it, on every frame on which that tells something."""
        ground = _real(self.ground)
        shown = zip(plate, truth, self.original, self.altered, strict=True)
        looks = (wanted(Shown(before, after, ground, a, b)) for before, after, a, b in shown)
        return list(sights(made, [(frame, look) for frame, look in enumerate(looks) if look is not None]))


@dataclass(frozen=True)
class Removed:
    """The answer of a removal.

    Attributes:
        changes: where it may differ from the plate.
        fallen: what else moves; None where nothing does.
    """

    truth: Codes
    changes: Mask
    fallen: Fallen | None = None

    def figures(self, plate: Codes, result: Result) -> Figures:
        """E and lost where something moves; PSNR and SSIM where truth and plate may differ."""
        made, truth = _real(result.composite), _real(self.truth)
        told = {"psnr": psnr(made, truth, self.changes), "ssim": ssim(made, truth, self.changes)}
        if self.fallen is None:
            return told
        found = self.fallen.sights(_real(plate), truth, made)
        return {"E": error(found), "lost": lost(found)} | told


@dataclass(frozen=True)
class Layered:
    """The answer of an addition or of another background.

    Attributes:
        alpha: T x H x W, 0..1, the true one.
        added: a thing was added; otherwise the background is another.
    """

    truth: Codes
    alpha: Real
    instruction: str
    added: bool

    def figures(self, plate: Codes, result: Result) -> Figures:
        """Words that are complied with, and the matte: the thing's, or the hole's that is left for the subject."""
        right = complies(result.edit, result.alpha, asked(self.instruction)).values()
        words = sum(right) / len(right)
        if not self.added:
            return {"words": words, "overlap": overlap(1 - result.alpha, 1 - self.alpha)}
        kept = preserved(plate, result.composite, self.alpha)
        return {"words": words, "overlap": overlap(result.alpha, self.alpha), "preserved": kept}


def _real(codes: NDArray[np.uint8]) -> Real:
    return np.asarray(codes.astype(np.float32) / 255, np.float32)
