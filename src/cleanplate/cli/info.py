"""``cleanplate info``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import proof_lines


def info(
    path: Annotated[Path, typer.Argument(help="A clip, or the folder of a shot.")],
    rate: o.Rate = None,
    json: o.Json = False,
) -> None:
    """Say what a clip or a shot is."""
    from cleanplate.edit.package import SHOT
    from cleanplate.media.clip import Clip

    screen = Screen(as_json=json)
    with guarded(screen):
        if (path / SHOT).is_file():
            _show_shot(screen, path)
            return
        with Clip.open(path, rate=o.rate_of(rate)) as clip:
            facts = clip.info.describe()
        screen.result(facts, [(f"{name.replace('_', ' '):<16} {_words(value)}", "") for name, value in facts.items()])


def _show_shot(screen: Screen, folder: Path) -> None:
    from cleanplate.edit.package import ShotPackage

    shot = ShotPackage.open(folder).shot
    lines = [
        (f"Plate      {shot.source.path}", ""),
        (f"Engine     {shot.engine.name}, seed {shot.engine.seed}", ""),
        (f"Layer      frames {', '.join(f'{a}-{b}' for a, b in shot.layer) or 'none'}", ""),
        *(proof_lines(shot.proof) if shot.proof else []),
    ]
    screen.result(shot.model_dump(mode="json"), lines)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    if isinstance(value, list):
        return " x ".join(map(str, value)) if all(isinstance(v, int) for v in value) else "; ".join(map(_words, value))
    return str(value)
