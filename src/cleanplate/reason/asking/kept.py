"""Answers on disk, by the content of their questions: what was answered once is never sent again."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cleanplate.files import atomic, disk_errors


class KeptAnswer(BaseModel):
    """One answer as the model wrote it.

    Attributes:
        key: of the question.
        reasoner, model, url: who answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    key: str
    reasoner: str
    model: str
    url: str | None
    text: str


def folder() -> Path:
    """Where answers are kept: in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cleanplate" / "answers"


def recall(key: str) -> str | None:
    """The text that answered a question, or None; a damaged file is none."""
    try:
        kept = KeptAnswer.model_validate_json((folder() / f"{key}.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return kept.text if kept.key == key else None


def keep(answer: KeptAnswer) -> None:
    """Keep an answer that could be used. Raises ResourceError where the disk refuses."""
    home = folder()
    with disk_errors(home):
        home.mkdir(parents=True, exist_ok=True)
        with atomic(home / f"{answer.key}.json", shared=True) as partial:
            partial.write_text(answer.model_dump_json(indent=2) + "\n", encoding="utf-8")
