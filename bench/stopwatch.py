"""Times of a piece of work and the most memory it takes, on a processor or an accelerator.

On a processor they are the processor's, of all threads, so that other programs hardly matter.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch

_GIGA = 1e9


class Stopwatch:
    """Prints a line for each piece of work."""

    def __init__(self, device: torch.device, repeats: int) -> None:
        self._where, self._repeats = device, repeats

    def report(
        self, name: str, make: Callable[[], Callable[[], object]], *, calls: int = 1, learns: bool = False
    ) -> float:
        """Print seconds a call and the peak of the device's memory; the seconds are returned.

        Args:
            make: what is not timed; it gives the work.
            calls: in one go.
            learns: gradients are needed.
        """
        if self._where.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        with nullcontext() if learns else torch.inference_mode():
            run = make()
            run()
            seconds = statistics.median(self._timed(run) / calls for _ in range(self._repeats))
        print(f"{name:44} {seconds:9.3f} s {self._peak() / _GIGA:8.2f} GB", flush=True)
        return seconds

    def _timed(self, run: Callable[[], object]) -> float:
        clock = time.perf_counter if self._where.type == "cuda" else time.process_time
        self._wait()
        start = clock()
        run()
        self._wait()
        return clock() - start

    def _wait(self) -> None:
        if self._where.type == "cuda":
            torch.cuda.synchronize()

    def _peak(self) -> int:
        """On a processor of the process so far, so that it only grows."""
        if self._where.type == "cuda":
            return torch.cuda.max_memory_allocated()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
