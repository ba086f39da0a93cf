"""Work of one stage beside that of the next, in order."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

_Item = TypeVar("_Item")


def ahead(items: Generator[_Item, None, None]) -> Iterator[_Item]:
    """The same items in the same order; the next is made in a thread while one is used.

    What makes them must share nothing with what uses them. An error comes where the item would have come. Who stops
    early waits for the item that is being made.
    """
    with closing(items), ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming: Future[tuple[_Item] | None] = pool.submit(_next, items)
        while (made := coming.result()) is not None:
            coming = pool.submit(_next, items)
            yield made[0]


def _next(items: Iterator[_Item]) -> tuple[_Item] | None:
    for item in items:
        return (item,)
    return None
