"""``cleanplate engines``: what there is, and what of it fits this machine."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.errors import UsageError
from cleanplate.pipeline.fitting import Fit, Footage, Place, first

_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")
_MINUTES, _HOURS = 120, 7200
"""Seconds from which on a time is told in them."""


def engines(
    name: Annotated[str | None, typer.Argument(help="What an engine needs, and the words that it has learned.")] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Say which settings fit this machine, and what they cost.")
    ] = False,
    engine: Annotated[str | None, typer.Option(help="With --fit: this engine alone.")] = None,
    size: Annotated[str, typer.Option(help="With --fit: the plate, as WIDTHxHEIGHT.")] = "1920x1080",
    frames: Annotated[int, typer.Option(help="With --fit: how many are drawn.", min=1)] = 85,
    max_vram: Annotated[
        float | None, typer.Option("--max-vram", help="With --fit: an accelerator of so many gigabytes.", min=0.1)
    ] = None,
    json: o.Json = False,
) -> None:
    """List engines, segmenters and reasoners, with what each needs; or say which engines fit this machine."""
    screen = Screen(as_json=json)
    with guarded(screen):
        if fit:
            _fitted(screen, engine or name, _footage(size, frames), max_vram)
        elif name is not None:
            _told(screen, name)
        else:
            _listed(screen)


def _listed(screen: Screen) -> None:
    from cleanplate.pipeline.registry import ENGINES, REASONERS, SEGMENTERS

    tables = {"engines": ENGINES, "segmenters": SEGMENTERS, "reasoners": REASONERS}
    lines: list[tuple[str, str]] = []
    for title, table in tables.items():
        lines.append((title.capitalize(), "bold"))
        lines += [(f"  {name:<10} {part.summary} (needs {part.needs})", "") for name, part in table.items()]
    document = {
        title: [{"name": name, "summary": part.summary, "needs": part.needs} for name, part in table.items()]
        for title, table in tables.items()
    }
    screen.result(document, lines)


def _told(screen: Screen, name: str) -> None:
    """One engine."""
    from cleanplate.models.catalogue.table import MODELS
    from cleanplate.pipeline.registry import ENGINES

    if name not in ENGINES:
        raise UsageError(f"there is no engine '{name}'", remedy=f"Choose one of: {', '.join(ENGINES)}.")
    part, row = ENGINES[name], MODELS.get(name)
    words = row.vocabulary.listed if row and row.vocabulary else None
    lines = [(f"{name}: {part.summary} (needs {part.needs})", "")]
    if words:
        lines.append(("It knows these words, and refuses others:", "bold"))
        lines += [(f"  {heading}: {', '.join(texts)}", "") for heading, texts in words.items()]
    screen.result({"name": name, "summary": part.summary, "needs": part.needs, "vocabulary": words}, lines)


def _fitted(screen: Screen, only: str | None, footage: Footage, gigabytes: float | None) -> None:
    from cleanplate.models.running.accelerator import place
    from cleanplate.pipeline.registry import ENGINES, fits

    here = place(gigabytes)
    found = {name: fits(name, footage, here) for name in ([only] if only else ENGINES)}
    document = {
        "machine": asdict(here),
        "footage": asdict(footage),
        "engines": [
            {"name": name, "chosen": _document(first(ways)), "ways": [*map(asdict, ways)]}
            for name, ways in found.items()
        ],
    }
    lines = [
        (_machine(here), "bold"),
        *((_words(name, ways, footage, here), "") for name, ways in found.items() if ways),
    ]
    screen.result(document, lines)


def _document(fit: Fit | None) -> dict[str, Any] | None:
    return None if fit is None else asdict(fit)


def _footage(size: str, frames: int) -> Footage:
    """Raises UsageError for a size that is none."""
    found = _SIZE.fullmatch(size)
    if found is None:
        raise UsageError(f"'{size}' is no size", remedy="Write WIDTHxHEIGHT, such as 1920x1080.")
    return Footage(rows=int(found[2]), columns=int(found[1]), frames=frames)


def _machine(place: Place) -> str:
    computer = f"{place.memory_bytes / 1e9:.1f} GB of memory free, {place.threads} threads"
    return computer if place.device == "cpu" else f"{place.device_bytes / 1e9:.1f} GB of an accelerator, {computer}"


def _words(name: str, ways: list[Fit], footage: Footage, place: Place) -> str:
    fit = first(ways)
    if fit is None:
        least = min(ways, key=lambda way: (way.device_bytes, way.memory_bytes))
        return f"{name:<10} does not fit: {_bytes(least, place)} with {least.setting or 'its own settings'}"
    each = fit.seconds / footage.frames
    how = f"with {fit.setting}" if fit.setting else "as it is"
    needs, whole, told = _bytes(fit, place), _time(fit.seconds), "" if fit.measured else " (not measured here)"
    return f"{name:<10} fits {how}: {needs}, {whole} for {footage.frames} frames, {_time(each)} each{told}"


def _bytes(fit: Fit, place: Place) -> str:
    computer = f"{fit.memory_bytes / 1e9:.1f} GB of memory"
    apart = place.device != "cpu" and fit.device_bytes > 0
    return f"{fit.device_bytes / 1e9:.1f} GB of the accelerator, {computer}" if apart else computer


def _time(seconds: float) -> str:
    if seconds >= _HOURS:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= _MINUTES else f"{seconds:.1f} s"
