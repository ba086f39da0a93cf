"""A run that is killed at any moment goes on, redoes one segment at most, and ends with the same bytes."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from resume import Interrupted

from drawn_clips import write_plate, write_quadmask
from killed import require_same

FRAMES = 10


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Interrupted, float]:
    """A removal that nobody disturbed, and the seconds it took."""
    folder = tmp_path_factory.mktemp("whole")
    plate = write_plate(folder / "plate.mp4", FRAMES)
    mask = write_quadmask(folder / "quadmask.mkv", range(FRAMES))
    made = Interrupted(["remove", str(plate), "--mask", str(mask)], folder / "shot", segment_seconds=0.2)
    start = time.monotonic()
    assert made.run() == 0
    return made, time.monotonic() - start


def another(whole: tuple[Interrupted, float], folder: Path) -> Interrupted:
    """The same removal, not begun yet."""
    return Interrupted(whole[0].arguments, folder / "shot", whole[0].segment_seconds)


def lies(made: Interrupted, name: str) -> Callable[[], bool]:
    """Whether a file of this name lies in the workshop, asked again and again."""
    return (made.workshop / name).exists


def test_three_kills(whole: tuple[Interrupted, float], tmp_path: Path) -> None:
    made = another(whole, tmp_path)
    made.kill_at_random(3, whole[1], random.Random(2))
    require_same(made, whole[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_ten_kills(whole: tuple[Interrupted, float], tmp_path: Path, seed: int) -> None:
    made = another(whole, tmp_path)
    made.kill_at_random(10, whole[1], random.Random(seed))
    require_same(made, whole[0])


MOMENTS = ["given.mkv", "quadmask.mkv", "layer/segments/000000/layer.json", "layer/layer.json", ".composite/000000.mkv"]


@pytest.mark.slow
@pytest.mark.parametrize("moment", [*MOMENTS, "composite.mkv", "preview.mp4", "report.html"])
def test_killed_when_a_file_appears(whole: tuple[Interrupted, float], tmp_path: Path, moment: str) -> None:
    made = another(whole, tmp_path)
    assert made.run_until(lies(made, moment)) == -signal.SIGKILL
    assert made.run() == 0
    require_same(made, whole[0])


def test_a_second_segment_is_not_made_twice(whole: tuple[Interrupted, float], tmp_path: Path) -> None:
    made = another(whole, tmp_path)
    assert made.run_until(lies(made, "layer/segments/000000/layer.json")) == -signal.SIGKILL
    assert any("segments/000000" in name for name in made.seen)
    first = made.seen.copy()
    made.run_until(lies(made, "layer/segments/000001/layer.json"))
    assert made.redone == 0
    assert all(made.seen[name] == identity for name, identity in first.items())


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_a_stop_by_hand_leaves_what_can_be_resumed(
    whole: tuple[Interrupted, float], tmp_path: Path, sign: signal.Signals, code: int
) -> None:
    made = another(whole, tmp_path)
    assert made.run_until(lies(made, "quadmask.mkv"), sign) == code
    assert not made.out.exists()
    assert made.workshop.exists()
    assert made.run() == 0
    require_same(made, whole[0])
