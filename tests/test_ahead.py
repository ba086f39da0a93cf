"""Items made in a thread beside: the same ones, in order, and their errors where they belong."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from cleanplate.ahead import ahead


def made(count: int, closed: list[bool], *, fails: bool = False) -> Generator[tuple[int, str], None, None]:
    try:
        for number in range(count):
            yield number, threading.current_thread().name
        if fails:
            raise OSError("disk")
    finally:
        closed.append(True)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_same_items_in_order_from_another_thread(count: int) -> None:
    closed: list[bool] = []
    found = list(ahead(made(count, closed)))
    assert [number for number, _ in found] == list(range(count))
    assert all(name.startswith("ahead") for _, name in found)
    assert closed


def test_an_error_comes_after_what_was_made_before_it() -> None:
    seen, closed = list[int](), list[bool]()
    with pytest.raises(OSError, match="disk"):
        seen.extend(number for number, _ in ahead(made(3, closed, fails=True)))
    assert seen == [0, 1, 2]
    assert closed


def test_who_stops_early_leaves_nothing_open() -> None:
    closed: list[bool] = []
    items = ahead(made(9, closed))
    assert next(items)[0] == 0
    items.close()  # type: ignore[attr-defined]
    assert closed
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())
