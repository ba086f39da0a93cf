"""Layered clips for the bench, with the answer, kept in a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.files import atomic
from cleanplate.metrics.shapes import pieces
from cleanplate.metrics.words import asked
from cleanplate.worlds.evaluation.layered import strata_of
from cleanplate.worlds.evaluation.manifest import shipped
from cleanplate.worlds.layered.clip import LayeredClip, Task, Tier
from cleanplate.worlds.layered.job import TURNS, LayeredJob

JUDGED = "worlds-layered-141"
FIRST = 500_000
"""Seed of the first clip for validation; nothing is trained on seeds from here to a hundred thousand more."""
_TRACKS = ("source", "edit", "alpha", "composite", "subject")
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """A clip, T x H x W x 3 uint8 (alpha and subject T x H x W).

    Attributes:
        subject: 255 where it must stay, of a background change; 0 otherwise.
        strata: by what figures are told apart.
    """

    key: str
    tier: Tier
    task: Task
    instruction: str
    source: Codes
    edit: Codes
    alpha: Codes
    composite: Codes
    subject: Codes
    strata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def real_alpha(self) -> NDArray[np.float32]:
        """0..1."""
        return np.float32(1 / 255) * self.alpha

    @property
    def apart(self) -> bool:
        """All things that it adds are seen apart from each other at the start."""
        return len(pieces(self.edit[0], self.real_alpha[0])) >= len(asked(self.instruction).nouns)


def of_clip(clip: LayeredClip) -> Case:
    """Drawn."""
    frames = list(clip.frames())
    tracks = {
        "source": [frame.source for frame in frames],
        "edit": [frame.edit for frame in frames],
        "alpha": [frame.alpha for frame in frames],
        "composite": [frame.composite for frame in frames],
        "subject": [np.uint8(255) * frame.subject for frame in frames],
    }
    stacked = {name: np.stack(track) for name, track in tracks.items()}
    return Case(f"{clip.seed:012d}", clip.tier, clip.task, clip.instruction, **stacked, strata=strata_of(clip))


def drawn(tier: Tier, task: Task, seeds: Iterable[int], size: tuple[int, int], length: int) -> Iterator[Case]:
    """Of one tier and task, not kept."""
    return (of_clip(LayeredJob(Path(), tier, task, seed, *size, length).clip()) for seed in seeds)


def validation_jobs(count: int | None, size: tuple[int, int], length: int) -> list[LayeredJob]:
    """Tiers and tasks by turns."""
    seeds = range(FIRST, FIRST + (60 if count is None else count))
    return [LayeredJob(Path(), *TURNS[seed % len(TURNS)], seed, *size, length) for seed in seeds]


def judged_jobs(count: int | None, size: tuple[int, int], length: int) -> list[LayeredJob]:
    """The evaluation set, in its order: for judging alone."""
    entries = shipped(JUDGED).samples[:count]
    return [LayeredJob(Path(), Tier(one.kind), Task(one.task), one.seed, *size, length) for one in entries]


def cases(jobs: Sequence[LayeredJob], folder: Path) -> Iterator[Case]:
    """Read, or made and kept."""
    for job in jobs:
        clip = job.clip()
        path = folder / f"{job.tier}-{job.task}-{job.seed:012d}-{job.length}x{job.width}x{job.height}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = of_clip(clip)
            with atomic(path) as partial, open(partial, "wb") as file:
                np.savez_compressed(file, allow_pickle=False, **{name: getattr(made, name) for name in _TRACKS})
        with np.load(path, allow_pickle=False) as kept:
            tracks = {name: kept[name] for name in _TRACKS}
        yield Case(f"{job.seed:012d}", job.tier, job.task, clip.instruction, **tracks, strata=strata_of(clip))
