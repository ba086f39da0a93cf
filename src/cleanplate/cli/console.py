"""What a person at a terminal, or a machine behind a pipe, is told: progress, notes, results, errors."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from cleanplate.errors import CleanplateError
from cleanplate.progress import Progress, Silent, Tick

_LINE_SECONDS = 5.0


class Screen:
    """Where a command writes. Progress and notes go to standard error; results alone to standard output.

    Args:
        as_json: results and errors are one JSON document; progress is not shown.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self._json = as_json
        self._out = Console(highlight=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True)

    def progress(self) -> Progress:
        if self._json:
            return Silent()
        return Bars(self._err) if self._err.is_terminal else Lines()

    def note(self, text: str, style: str = "dim") -> None:
        if not self._json:
            self._err.print(text, style=style, markup=False)

    def warn(self, text: str) -> None:
        self.note(f"Note: {text}", style="yellow")

    def result(self, document: Mapping[str, Any], lines: list[tuple[str, str]]) -> None:
        """The answer: `document` for machines, `lines` of (text, style) for people."""
        if self._json:
            print(json.dumps(document, default=str))
        for text, style in [] if self._json else lines:
            self._out.print(text, style=style or None, markup=False)

    def error(self, error: CleanplateError) -> None:
        if self._json:
            body = {"kind": type(error).__name__, "what": error.what, "where": error.where, "remedy": error.remedy}
            print(json.dumps({"error": body | {"exit_code": error.exit_code}}))
        else:
            self._err.print(f"Error: {error}", style="bold red", markup=False)


class Bars:
    """A bar with time left for each task."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        columns = (
            TextColumn("{task.description:<24}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with RichProgress(*columns, console=self._console) as bars:
            bar = bars.add_task(name, total=total)
            yield lambda advance=1: bars.advance(bar, advance)


class Lines:
    """A line every few seconds, for logs."""

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        start = told = time.monotonic()
        done = 0

        def tick(advance: int = 1) -> None:
            nonlocal done, told
            done += advance
            now = time.monotonic()
            if now - told >= _LINE_SECONDS and total and done:
                told = now
                left = (now - start) / done * (total - done)
                print(f"{name}: {done} of {total}, {left:.0f} s left", file=sys.stderr, flush=True)

        yield tick
        print(f"{name}: done in {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
