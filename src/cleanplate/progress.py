"""How long work reports itself, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Tick(Protocol):
    """Called as work advances, with the number of units done since the last call."""

    def __call__(self, advance: int = 1) -> None: ...


class Progress(Protocol):
    """Opens one bar (or line, or nothing) per task."""

    def task(self, name: str, total: int | None = None) -> _TickContext:
        """A context manager that yields a `Tick`; `total` is in the same units as its `advance`."""
        ...


class _TickContext(Protocol):
    def __enter__(self) -> Tick: ...

    def __exit__(self, *exc: object) -> bool | None: ...


class Silent:
    """Progress for callers that do not watch."""

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        yield lambda advance=1: None
