"""A training run that is interrupted, and what it has written of its losses."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any


class Stopped:
    """Progress that is interrupted after so many steps."""

    def __init__(self, after: int) -> None:
        self._left = after

    def task(self, name: str, total: int | None = None) -> Any:
        return nullcontext(self._tick)

    def _tick(self, advance: int = 1) -> None:
        self._left -= advance
        if self._left == 0:
            raise KeyboardInterrupt


def curve(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "curves.jsonl").read_text(encoding="utf-8").splitlines()]
