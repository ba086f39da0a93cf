"""A stop by hand that cannot get lost.

Python drops an exception that is raised while a destructor runs ("Exception ignored in ..."), and an interruption is
one: the signal comes once, and the run would go on. So it is raised again until it is on its way out.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.2


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGINT (where it is not ignored) and SIGTERM raise KeyboardInterrupt in the body, and do not let go of it."""
    numbers = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, _stop) for number in [*numbers, signal.SIGALRM]}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
    if not _on_its_way(sys.exception()):
        raise KeyboardInterrupt


def _on_its_way(error: BaseException | None) -> bool:
    """Whether what runs is the tidying up after an interruption, which is left in peace."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False
