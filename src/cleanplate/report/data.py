"""What the page is made of: plain data, whoever gathers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cleanplate.edit.layer import Layer
    from cleanplate.edit.proof import Proof
    from cleanplate.edit.region import PermittedRegion
    from cleanplate.masks.parts import Parts
    from cleanplate.masks.quadmask import QuadMask
    from cleanplate.masks.reasoning import Reasoning
    from cleanplate.media.clip import Clip
    from cleanplate.report.morph import MorphFindings


PREVIEW = "research_preview"
"""Among what an engine measured: its results are to be called a research preview."""


@dataclass(frozen=True)
class StageTime:
    """One stage of a run.

    Attributes:
        seconds: wall-clock time.
        cached: its result was there already.
    """

    name: str
    seconds: float
    cached: bool = False


@dataclass(frozen=True)
class ReportData:
    """Everything that `write_report` shows.

    Attributes:
        title: the shot's name.
        plate, composite: open clips of equal length and size.
        quadmask: of a removal; without one `region` is drawn in its place, when there is one.
        parts: who made which region of the quadmask, where that is known.
        proof: None when it was not made, which the page says.
        peak_memory: bytes, None when unknown.
        warnings: what the user should look at.
        notes: what the engine said of itself.
        preview: it is a research preview, which the page says at its head.
        morph: what the morph check found, of an engine that makes one.
        facts: more lines for the page's list of facts, such as engine and seed.
    """

    title: str
    plate: Clip
    composite: Clip
    layer: Layer
    quadmask: QuadMask | None = None
    parts: Parts | None = None
    region: PermittedRegion | None = None
    reasoning: Reasoning | None = None
    proof: Proof | None = None
    stages: tuple[StageTime, ...] = ()
    peak_memory: int | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    preview: bool = False
    morph: MorphFindings | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
