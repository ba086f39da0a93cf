"""Pictures of cases: what a sheet shows, and which additions and backgrounds are called good."""

from __future__ import annotations

from pathlib import Path

import case_sheet
import cv2
import layered_cases
import numpy as np
import pytest
from case_sheet import Row, save, sheet
from layered_cases import main, shown
from layered_clips import Case, of_clip
from layered_methods import Result, nothing, truth

from cleanplate.errors import InputError
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.layered.synthetic import sample_synthetic


def clip(task: Task, seed: int) -> Case:
    return of_clip(sample_synthetic(task, seed, height=64, width=112, length=4))


def half(case: Case) -> Result:
    """The truth for even seeds, nothing for the others."""
    return truth(case) if int(case.key) % 2 == 0 else nothing(case)


def test_a_row_shows_its_views_half_way_and_at_the_end() -> None:
    random = np.random.default_rng(0)
    views = tuple(random.integers(0, 256, (5, 12, 20, 3), np.uint8) for _ in range(3))
    picture = sheet(("one", "two", "three"), [Row("words", views)])
    large = case_sheet._large(views[0][0])
    assert picture.shape == (22 + 22 + large.shape[0], 6 * 248 + 8, 3)
    for number in range(6):
        shows = picture[44:, 8 + number * 248 : 248 + number * 248]
        np.testing.assert_array_equal(shows, case_sheet._large(views[number % 3][2 if number < 3 else 4]))


def test_a_picture_of_no_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no kind of picture"):
        save(np.zeros((4, 4, 3), np.uint8), tmp_path / "sheet.nothing")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("task", list(Task))
def test_what_is_right_comes_first(task: Task) -> None:
    chosen = [clip(task, seed) for seed in (580_001, 580_002, 580_003, 580_004)]
    found = shown([*chosen, clip(next(other for other in Task if other is not task), 580_006)], half, task)
    assert [int(one.case.key) % 2 for one in found] == [0, 0, 1, 1]
    assert found[0].worth > found[-1].worth


def test_it_writes_a_picture_of_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [clip(task, seed) for task in Task for seed in (580_001, 580_002)]
    monkeypatch.setattr(layered_cases, "cases", lambda jobs, folder: iter(chosen))
    monkeypatch.setattr(layered_cases, "by_engine", lambda name, weights, seed: half)
    main(["--out", str(tmp_path / "cases.png"), "--each", "1"])
    picture = cv2.imread(str(tmp_path / "cases.png"))
    assert picture is not None
    assert picture.shape[1] == 8 * 248 + 8
    monkeypatch.setattr(layered_cases, "cases", lambda jobs, folder: iter(chosen[:2]))
    with pytest.raises(InputError, match="no clip was made"):
        main(["--out", str(tmp_path / "none.png")])
    assert not (tmp_path / "none.png").exists()
