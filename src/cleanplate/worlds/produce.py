"""Making many samples: each by its own seed, by any number of processes, with the same bytes."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from cleanplate.progress import Progress, Silent

T = TypeVar("T")


@dataclass(frozen=True)
class Made:
    """What became of one sample.

    Attributes:
        seconds: spent by phase, such as ``render``.
        skipped: why there is none; empty where there is one.
        kept: it was there already.
    """

    key: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    skipped: str = ""
    kept: bool = False


class Job(Protocol):
    """Makes one sample. Frozen and picklable, since it is sent to a process."""

    def make(self) -> Made:
        """Make it, or keep what is there."""
        ...


@dataclass(frozen=True)
class Summary:
    """What became of all of them.

    Attributes:
        made, kept: how many were made now, and how many were there.
        skipped: reasons, with how often each was met.
        seconds: processor time of all processes by phase; `elapsed` is what it took.
    """

    made: int
    kept: int
    skipped: Mapping[str, int]
    seconds: Mapping[str, float]
    elapsed: float

    @property
    def a_minute(self) -> float:
        """Samples a minute."""
        return 60 * self.made / self.elapsed if self.elapsed > 0 else 0.0

    def __add__(self, other: Summary) -> Summary:
        """Both together."""
        return Summary(
            self.made + other.made,
            self.kept + other.kept,
            dict(Counter(self.skipped) + Counter(other.skipped)),
            dict(Counter(self.seconds) + Counter(other.seconds)),
            self.elapsed + other.elapsed,
        )

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "made": self.made,
            "kept": self.kept,
            "skipped": dict(self.skipped),
            "seconds": {phase: round(spent, 2) for phase, spent in self.seconds.items()},
            "elapsed": round(self.elapsed, 2),
            "a_minute": round(self.a_minute, 2),
        }


def produce(
    jobs: Sequence[Job], *, workers: int = 1, progress: Progress | None = None, name: str = "samples"
) -> Summary:
    """Run all jobs. What a stopped run has finished is kept by the next.

    Raises:
        CleanplateError: of the first job that fails.
    """
    start = time.monotonic()
    spent: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    made = kept = 0
    with (progress or Silent()).task(name, len(jobs)) as tick:
        for result in _results(jobs, workers):
            spent.update(result.seconds)
            made += not result.skipped and not result.kept
            kept += result.kept
            if result.skipped:
                skipped[result.skipped] += 1
            tick()
    return Summary(made, kept, dict(skipped), dict(spent), time.monotonic() - start)


class Stopwatch:
    """Adds up what phases take.

    Attributes:
        seconds: by phase, so far.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def run(self, phase: str, work: Callable[[], T]) -> T:
        """The result of some work."""
        start = time.perf_counter()
        result = work()
        self.add(phase, time.perf_counter() - start)
        return result

    def watch(self, phase: str, items: Iterable[T]) -> Iterator[T]:
        """The same items; what making them takes is added to a phase."""
        iterator = iter(items)
        while True:
            start = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self.add(phase, time.perf_counter() - start)
            yield item

    def add(self, phase: str, seconds: float) -> None:
        """Count seconds to a phase."""
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds


def _results(jobs: Sequence[Job], workers: int) -> Iterator[Made]:
    if workers <= 1 or len(jobs) <= 1:
        yield from map(_make, jobs)
        return
    # A fresh interpreter each: forked ones may inherit a simulator's or an encoder's threads half alive.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_make, jobs)


def _make(job: Job) -> Made:
    return job.make()
