"""The evaluation sets: what they hold, that nobody else can make it, and that they come out as published."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import UsageError
from cleanplate.worlds.evaluation import layered, make, removal
from cleanplate.worlds.evaluation.manifest import NAMES, read, shipped
from cleanplate.worlds.families import FAMILIES, TRAINING, sample
from cleanplate.worlds.families.catalogue import COMMON, UNSEEN
from cleanplate.worlds.formats.void_layout import scan
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.seeds import RESERVED, require_free


def test_the_removals_are_of_seen_and_of_unseen_families() -> None:
    entries = shipped("worlds-removal-75").samples
    assert len(entries) == len({entry.key for entry in entries}) == 75
    by_family = Counter(entry.kind for entry in entries if entry.strata["family"] == "unseen")
    assert by_family.total() == 25
    assert set(by_family) == set(FAMILIES) - set(TRAINING)
    assert len(by_family) == 4
    assert {entry.kind for entry in entries if entry.strata["family"] == "seen"} == set(TRAINING)
    assert all(entry.seed >= RESERVED and len(entry.content) == 64 for entry in entries)


def test_the_layered_clips_are_even_over_their_strata() -> None:
    entries = shipped("worlds-layered-141").samples
    assert len({entry.key for entry in entries}) == 141
    assert Counter(entry.task for entry in entries) == {"obj-add": 72, "bg-change": 69}
    cells = Counter((entry.task, *entry.strata.values()) for entry in entries)
    assert len(cells) == 32
    assert set(cells.values()) <= {4, 5}
    assert all(set(entry.strata) == set(layered.STRATA) and entry.seed >= RESERVED for entry in entries)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_scenes_are_those_that_were_published(family: str) -> None:
    entry = next(entry for entry in shipped("worlds-removal-75").samples if entry.kind == family)
    assert sample(family, entry.seed).digest == entry.scene


def test_layered_clips_are_those_that_were_published() -> None:
    manifest = shipped("worlds-layered-141")
    few = manifest.model_copy(update={"samples": manifest.samples[::20]})
    for entry, job in zip(few.samples, layered.jobs(few, Path()), strict=True):
        clip = job.clip()
        assert layered.strata_of(clip) == entry.strata
        assert (clip.tier, clip.task) == (entry.kind, Task(entry.task))


def test_a_set_is_made_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two samples of it, so that it is quick; the second time nothing is made again."""
    whole = shipped("worlds-removal-75")
    small = whole.model_copy(update={"samples": whole.samples[:2], "height": 32, "width": 56, "frames": 6})
    monkeypatch.setattr(make, "shipped", lambda name: small)
    first = make.make("worlds-removal-75", tmp_path)
    assert first.comparable
    assert set(first.differing) == {entry.key for entry in small.samples}, "the hashes are those of larger pictures"
    assert {one.name for one in scan(tmp_path)} == {entry.key for entry in small.samples}
    made = read(tmp_path / make.LIST)
    monkeypatch.setattr(make, "shipped", lambda name: made)
    again = make.make("worlds-removal-75", tmp_path)
    assert (again.summary.kept, again.differing, again.manifest) == (2, (), made)
    assert not make.make("worlds-removal-75", tmp_path / "large", length=3).comparable
    mask = tmp_path / small.samples[0].key / "mask.mkv"
    mask.write_bytes((tmp_path / small.samples[1].key / "mask.mkv").read_bytes())
    assert make.make("worlds-removal-75", tmp_path).differing == (small.samples[0].key,)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_whole_set_comes_out_as_published(name: str, tmp_path: Path) -> None:
    made = make.make(name, tmp_path, workers=2)
    assert made.differing == ()


@pytest.mark.slow
def test_the_choice_of_removals_can_be_made_again() -> None:
    chosen = list(removal.choose())
    assert [(e.key, e.scene) for e in chosen] == [(e.key, e.scene) for e in shipped("worlds-removal-75").samples]


def test_nothing_in_training_has_what_is_held_out() -> None:
    assert not {*COMMON.flat, *COMMON.pointed} & {*UNSEEN.flat, *UNSEEN.pointed}
    assert not set(COMMON.patterns) & set(UNSEEN.patterns)
    assert not set(COMMON.floors) & set(UNSEEN.floors)
    assert not set(COMMON.walls) & set(UNSEEN.walls)


def test_reserved_seeds_are_refused(tmp_path: Path) -> None:
    require_free(RESERVED - 10, 10)
    with pytest.raises(UsageError, match="kept for the evaluation sets"):
        require_free(RESERVED - 10, 11)
    for command in ("counterfactual", "layered"):
        done = CliRunner().invoke(app, ["worlds", command, "--out", str(tmp_path / "a"), "--seed", str(RESERVED)])
        assert (done.exit_code, "kept for the evaluation sets" in done.output) == (2, True)
    done = CliRunner().invoke(app, ["worlds", "evaluation", "worlds-none", "--out", str(tmp_path / "a")])
    assert (done.exit_code, "no evaluation set is called" in done.output) == (2, True)
    assert not (tmp_path / "a").exists()
