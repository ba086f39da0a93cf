"""One bar for stages of very unlike length: each is worth what it is expected to take."""

from __future__ import annotations

from collections.abc import Mapping

from cleanplate.progress import Tick


class Meter:
    """Turns shares of stages into whole ticks of a bar.

    Args:
        worth: ticks of a stage, by its name.
    """

    def __init__(self, tick: Tick, worth: Mapping[str, int]) -> None:
        self._tick, self._worth = tick, worth
        self._given = dict.fromkeys(worth, 0)

    def reached(self, stage: str, share: float) -> None:
        """So much of a stage, 0..1, is done; less than was said before changes nothing."""
        due = round(min(1.0, share) * self._worth[stage]) - self._given[stage]
        if due > 0:
            self._given[stage] += due
            self._tick(due)
