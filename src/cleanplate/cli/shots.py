"""What the commands that make shots share."""

from __future__ import annotations

from pathlib import Path

from cleanplate.cli.console import Screen
from cleanplate.pipeline.preflight import Preflight
from cleanplate.pipeline.workshop import Abandoned

SHOT = ".shot"


def default_out(plate: Path, suffix: str = SHOT) -> Path:
    """The plate's name with another suffix, in the current folder."""
    name = plate.name.split("%")[0].split("#")[0].rstrip("._-") or "clip"
    return Path(name.removesuffix(plate.suffix) + suffix)


def announce(screen: Screen, plan: Preflight, *, stop: bool) -> None:
    """The estimate, before anything is generated. Raises Abandoned to stop there."""
    text = (
        f"{plan.frames} frames to make: about {plan.seconds:.0f} s, {plan.memory_bytes / 1e9:.1f} GB of memory, "
        f"{plan.disk_bytes / 1e9:.2f} GB of disk."
    )
    screen.note(text, style="cyan")
    for note in plan.plan.notes:
        screen.note(note)
    if stop:
        figures = {"frames": plan.frames, "seconds": plan.seconds, "memory_bytes": plan.memory_bytes}
        screen.result({"estimate": figures | {"disk_bytes": plan.disk_bytes}, "notes": plan.plan.notes}, [])
        raise Abandoned
