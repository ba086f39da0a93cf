"""`stages.json`: which stages have run, and on what inputs. A killed run resumes from it, and `--reuse` draws on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate import __version__
from cleanplate.files import write_text

LEDGER = "stages.json"


class StageEntry(BaseModel):
    """One stage of a run.

    Attributes:
        key: hash of everything that the stage's result depends on.
        result: small JSON values that later stages need.
        seconds: wall-clock time of all tries at this key together.
        peak_bytes: the process's peak memory when the stage ended.
        cached: the last run found the result there.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    key: str
    finished: bool = False
    result: dict[str, Any] = Field(default_factory=dict)
    seconds: float = 0.0
    peak_bytes: int = 0
    cached: bool = False


class Ledger(BaseModel):
    """The stages in the order in which they first ran."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    stages: list[StageEntry] = Field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The ledger of a folder; an empty one when there is none that can be read."""
        try:
            return cls.model_validate_json((folder / LEDGER).read_bytes())
        except (OSError, ValidationError):
            return cls()

    def write(self, folder: Path) -> None:
        write_text(folder / LEDGER, self.model_dump_json(indent=2) + "\n")

    def find(self, name: str) -> StageEntry | None:
        return next((record for record in self.stages if record.name == name), None)

    def put(self, record: StageEntry) -> None:
        """Add a record, or replace the one of the same name in its place."""
        names = [known.name for known in self.stages]
        if record.name in names:
            self.stages[names.index(record.name)] = record
        else:
            self.stages.append(record)


def stage_key(name: str, inputs: Mapping[str, Any]) -> str:
    """Hash of a stage's name, inputs and this version of cleanplate; inputs are JSON values."""
    text = json.dumps([__version__, name, inputs], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
