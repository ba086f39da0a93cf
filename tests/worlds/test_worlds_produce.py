"""Many samples: same seed, same bytes, whatever the number of workers; a second run keeps what is there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from cleanplate.errors import CleanplateError
from cleanplate.worlds.formats.vera_layout import VeraDataset
from cleanplate.worlds.layered.alpha import over
from cleanplate.worlds.layered.clip import Task, Tier
from cleanplate.worlds.layered.job import LayeredJob, jobs_for, write_lines
from cleanplate.worlds.produce import Made, Stopwatch, produce


def jobs(out: Path, count: int = 4, seed: int = 7) -> list[LayeredJob]:
    return jobs_for(out, count, seed, size=(48, 80), length=3)


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("layered") / "one"
    summary = produce(jobs(out))
    assert (summary.made, summary.kept, summary.skipped) == (4, 0, {})
    assert set(summary.seconds) == {"draw", "write"}
    assert all(seconds > 0 for seconds in summary.seconds.values())
    write_lines(out, jobs(out))
    return out


def test_the_number_of_workers_does_not_show(made: Path, tmp_path: Path) -> None:
    summary = produce(jobs(tmp_path), workers=2)
    write_lines(tmp_path, jobs(tmp_path))
    assert summary.made == 4
    assert tree(tmp_path) == tree(made)


def test_a_second_run_keeps_what_is_there_and_makes_what_is_missing(tmp_path: Path) -> None:
    produce(jobs(tmp_path, 2))
    before = tree(tmp_path)
    summary = produce(jobs(tmp_path, 4))
    assert (summary.made, summary.kept) == (2, 2)
    assert before.items() <= tree(tmp_path).items()


def test_what_was_written_is_what_was_drawn(made: Path) -> None:
    samples = list(VeraDataset.of_folder(made))
    assert sorted(sample.record.edit_type for sample in samples) == ["background_replace"] * 2 + ["obj_add"] * 2
    for sample in samples:
        record = sample.record
        assert 20 <= len(record.instruction.split()) <= 80
        assert record.metadata["tier"] in list(Tier)
        frames = list(sample.frames())
        assert len(frames) == 3
        for frame in frames:
            assert frame.edit_rgb is not None
            assert frame.edit_alpha is not None
            assert frame.composite is not None
            below = frame.input if frame.preserved is None else frame.preserved
            assert np.abs(over(frame.edit_rgb, frame.edit_alpha, below).astype(int) - frame.composite).max() <= 1
            assert (frame.mask is not None) == (record.edit_type == "background_replace")


def test_tasks_come_by_turns_and_seeds_follow_each_other(tmp_path: Path) -> None:
    made = jobs(tmp_path, 6)
    assert [job.seed for job in made] == list(range(7, 13))
    assert sum(job.task is Task.ADD for job in made) == 3
    assert {job.tier for job in made} == set(Tier)
    assert [replace(job, out=tmp_path) for job in jobs(tmp_path, 3, seed=9)] == made[2:5]


@dataclass(frozen=True)
class _Odd:
    number: int

    def make(self) -> Made:
        if self.number == 3:
            raise CleanplateError("three is not made")
        return Made(str(self.number), {"think": 1.0}, skipped="odd" if self.number % 2 else "")


def test_what_is_skipped_is_counted_and_an_error_is_told() -> None:
    summary = produce([_Odd(n) for n in (0, 1, 2, 5)])
    assert (summary.made, summary.skipped, summary.seconds) == (2, {"odd": 2}, {"think": 4.0})
    assert summary.document()["skipped"] == {"odd": 2}
    with pytest.raises(CleanplateError, match="three"):
        produce([_Odd(3)])


def test_a_stopwatch_counts_what_making_the_items_takes() -> None:
    watch = Stopwatch()
    assert list(watch.watch("count", iter(range(3)))) == [0, 1, 2]
    assert watch.run("add", lambda: 1 + 1) == 2
    assert set(watch.seconds) == {"count", "add"}
