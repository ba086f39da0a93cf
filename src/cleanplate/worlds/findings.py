"""What is wrong with a data set, file by file."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Layout(StrEnum):
    """How a data set lies on disk."""

    VOID = "void"
    VERA = "vera"
    SHARDS = "shards"


class Fault(StrEnum):
    """What kind of thing is wrong."""

    MISSING = "missing file"
    UNREADABLE = "unreadable file"
    LENGTH = "mismatched length"
    SIZE = "mismatched size"
    RATE = "mismatched rate"
    LABELS = "levels that are no labels"
    COMPOSITE = "composite is not the layer over what is preserved"
    RECORD = "broken record"
    LEFT_OVER = "half-written"


class Finding(BaseModel):
    """One thing that is wrong, and where."""

    model_config = ConfigDict(frozen=True)

    file: str
    fault: Fault
    what: str


class ValidationReport(BaseModel):
    """Everything that is wrong with a data set.

    Attributes:
        samples, clips: how many were looked at.
        composites_checked: how many samples were stored exactly, so that their composite could be computed again.
    """

    model_config = ConfigDict(frozen=True)

    folder: str
    layout: Layout
    samples: int
    clips: int
    composites_checked: int
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings

    @property
    def counts(self) -> dict[str, int]:
        """Findings by kind, the commonest first."""
        return {fault.value: count for fault, count in Counter(f.fault for f in self.findings).most_common()}
