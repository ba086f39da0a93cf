"""A whole harvest: rows, then foregrounds, each a candidate; what fails is named and stops nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cleanplate.errors import UsageError
from cleanplate.progress import Progress, Silent, Tick
from cleanplate.worlds.formats.vera_layout import INPUT
from cleanplate.worlds.harvest.decisions import candidates
from cleanplate.worlds.harvest.foregrounds import find_foregrounds, jobs_over
from cleanplate.worlds.harvest.job import HarvestJob, sample_key
from cleanplate.worlds.harvest.matting import require_pymatting
from cleanplate.worlds.harvest.rows import LISTS, read_rows, require_all
from cleanplate.worlds.harvest.wanted import Defaults, Wanted
from cleanplate.worlds.produce import Summary, produce

_NOTHING = Summary(0, 0, {}, {}, 0.0)


@dataclass(frozen=True)
class Asked:
    """What a harvest is asked for.

    Attributes:
        sources: lists, or one clip.
        direct: for a clip, the fields of its row but ``clip``.
        foregrounds: a folder of matted clips; `seed` says what they are laid over.
    """

    sources: tuple[str, ...] = ()
    direct: Mapping[str, Any] = field(default_factory=dict)
    foregrounds: Path | None = None
    seed: int = 0
    defaults: Defaults = field(default_factory=Defaults)


def run(asked: Asked, out: Path, *, workers: int = 1, lossy: bool = False, progress: Progress | None = None) -> Summary:
    """Make every candidate that is not there yet. Everything is looked at before anything is begun.

    Raises:
        UsageError: nothing is asked for, or two things that exclude each other.
        InputError: a list, clip or foreground that cannot be used.
        ResourceError: PyMatting is not installed.
    """
    progress = progress or Silent()
    wanted = wanted_of(asked)
    found = find_foregrounds(asked.foregrounds) if asked.foregrounds is not None else []
    if not wanted and not found:
        remedy = "Give a list, a clip with --noun and --click, or --foregrounds."
        raise UsageError("nothing is asked for", remedy=remedy)
    done = _NOTHING
    if wanted:
        require_pymatting()
        done += _rows(wanted, out, workers=workers, lossy=lossy, progress=progress)
    if found:
        size = {"height": asked.defaults.height, "length": asked.defaults.length}
        clean = clean_plates(out, wanted)
        over = jobs_over(found, clean, out, seed=asked.seed, lossy=lossy, **size)
        done += produce(over, workers=workers, progress=progress, name="foregrounds")
    return done


def wanted_of(asked: Asked) -> list[Wanted]:
    """The rows of all lists, or of the one clip. Raises UsageError and InputError as `run` does."""
    lists = [Path(source) for source in asked.sources if source.lower().endswith(LISTS)]
    clips = [source for source in asked.sources if Path(source) not in lists]
    fields = {name: value for name, value in asked.direct.items() if value}
    pointed = fields.keys() & {"noun", "click", "box", "stroke", "mask"}
    if len(clips) > 1 or (clips and lists):
        remedy = f"Write several clips into a list ({' or '.join(LISTS)}), one row each."
        raise UsageError("one clip at a time, or lists", where=clips[-1], remedy=remedy)
    if clips and "noun" not in fields:
        raise UsageError("say what the thing is called", where=clips[0], remedy="Give --noun 'red ball', say.")
    if pointed and not clips:
        raise UsageError(f"--{min(pointed)} goes with one clip", remedy="Write it into the list's rows instead.")
    if clips:
        return require_all([(clips[0], {"clip": clips[0], **fields}, Path())], asked.defaults, where=clips[0])
    return read_rows(lists, asked.defaults) if lists else []


def clean_plates(out: Path, wanted: Sequence[Wanted]) -> list[Path]:
    """The clean plates of those of these rows that became candidates, by name."""
    names = {sample_key(one.seed) for one in wanted}
    there = [candidate for candidate in candidates(out) if candidate.name in names] if names else []
    return [path for candidate in there if (path := candidate.sample.path(INPUT)) is not None]


def _rows(wanted: Sequence[Wanted], out: Path, *, workers: int, lossy: bool, progress: Progress) -> Summary:
    jobs = [HarvestJob(one, out, lossy) for one in wanted]
    if workers > 1 and len(jobs) > 1:
        return produce(jobs, workers=workers, progress=progress, name="harvest")
    named = [
        replace(job, progress=_Named(progress, f"{number}/{len(jobs)} {job.wanted.noun}"))
        for number, job in enumerate(jobs, 1)
    ]
    return produce(named)


@dataclass(frozen=True)
class _Named:
    """Progress whose tasks tell of which row they are."""

    inner: Progress
    name: str

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Tick]:
        with self.inner.task(f"{self.name}: {name}", total) as tick:
            yield tick
