"""What every frame was made of, noted as it is made, so that a run that goes on after a kill loses no figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cleanplate.engines.propagate.cleaner import Counts


class Ledger:
    """One line a frame in a file.

    Args:
        start: frames from here on are made again; their lines are dropped.
    """

    def __init__(self, path: Path, start: int) -> None:
        self._path = path
        kept = [line for line in _whole_lines(path) if line["frame"] < start]
        self._lines = {int(line["frame"]): line for line in kept}
        path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")

    def note(self, frame: int, counts: Counts) -> None:
        """Add a frame."""
        line = {
            "frame": frame,
            "hole": counts.hole,
            "never_seen": counts.never_seen,
            "cast": counts.cast,
            "cast_changed": counts.cast_changed,
        }
        self._lines[frame] = line
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")

    def summary(self) -> dict[str, Any]:
        """Shares over all frames, and per frame the share of its hole that no other frame shows."""
        lines = [self._lines[frame] for frame in sorted(self._lines)]
        hole, unseen = sum(line["hole"] for line in lines), sum(line["never_seen"] for line in lines)
        cast, changed = sum(line["cast"] for line in lines), sum(line["cast_changed"] for line in lines)
        return {
            "frames_filled": len(lines),
            "never_seen": round(unseen / hole, 4) if hole else 0.0,
            "cast_changed": round(changed / cast, 4) if cast else 0.0,
            "never_seen_by_frame": {
                str(line["frame"]): round(line["never_seen"] / line["hole"], 4) for line in lines if line["hole"]
            },
        }


def _whole_lines(path: Path) -> list[dict[str, int]]:
    """The lines that were written to their end."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
