"""How long work reports itself, without knowing who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Tick(Protocol):
    """Called as work advances, with the number of units done since the last call."""

    def __call__(self, advance: int = 1) -> None: ...


class Progress(Protocol):
    """Opens one bar (or line, or nothing) per task."""

    def task(self, name: str, total: int | None = None) -> AbstractContextManager[Tick]:
        """A context manager that yields a `Tick`; `total` is in the same units as its `advance`."""
        ...


class Silent:
    """Progress for callers that do not watch."""

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        yield lambda advance=1: None
