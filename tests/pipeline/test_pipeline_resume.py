"""A run that is killed at any moment goes on, redoes one segment at most, and ends with the same bytes."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from killed_runs import Removal

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from drawn_clips import write_plate, write_quadmask

FRAMES = 10


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Removal, float]:
    """A removal that nobody disturbed, and the seconds it took."""
    folder = tmp_path_factory.mktemp("whole")
    plate = write_plate(folder / "plate.mp4", FRAMES)
    removal = Removal(plate, write_quadmask(folder / "quadmask.mkv", range(FRAMES)), folder / "shot")
    start = time.monotonic()
    assert removal.run() == 0
    return removal, time.monotonic() - start


def killed(whole: tuple[Removal, float], folder: Path, kills: int, seed: int) -> Removal:
    """Kill at random moments, then let it finish. A run that ends before its kill begins anew."""
    known, seconds = whole
    removal, rng = Removal(known.plate, known.mask, folder / "shot"), random.Random(seed)
    left = kills
    while left:
        moment = rng.uniform(0.3, 1.0) * seconds
        left -= removal.run(stop_after=moment) == -signal.SIGKILL
        if removal.out.exists():
            assert removal.digests() == known.digests()
            removal.out.rename(folder / f"done-{left}-{moment:.6f}")
            removal.seen.clear()
    assert removal.run() == 0
    return removal


def assert_same(removal: Removal, whole: tuple[Removal, float]) -> None:
    assert removal.digests() == whole[0].digests()
    assert removal.redone == 0
    assert not removal.workshop.exists()
    assert verify(ShotPackage.open(removal.out)).passed


def test_three_kills(whole: tuple[Removal, float], tmp_path: Path) -> None:
    assert_same(killed(whole, tmp_path, 3, seed=2), whole)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_ten_kills(whole: tuple[Removal, float], tmp_path: Path, seed: int) -> None:
    assert_same(killed(whole, tmp_path, 10, seed), whole)


MOMENTS = ["given.mkv", "quadmask.mkv", "layer/segments/000000/layer.json", "layer/layer.json", ".composite/000000.mkv"]


@pytest.mark.slow
@pytest.mark.parametrize("moment", [*MOMENTS, "composite.mkv", "preview.mp4", "report.html"])
def test_killed_when_a_file_appears(whole: tuple[Removal, float], tmp_path: Path, moment: str) -> None:
    removal = Removal(whole[0].plate, whole[0].mask, tmp_path / "shot")
    assert removal.run_until(moment) == -signal.SIGKILL
    assert removal.run() == 0
    assert_same(removal, whole)


def test_a_second_segment_is_not_made_twice(whole: tuple[Removal, float], tmp_path: Path) -> None:
    removal = Removal(whole[0].plate, whole[0].mask, tmp_path / "shot")
    assert removal.run_until("layer/segments/000000/layer.json") == -signal.SIGKILL
    assert any("segments/000000" in name for name in removal.seen)
    first = removal.seen.copy()
    removal.run_until("layer/segments/000001/layer.json")
    assert removal.redone == 0
    assert all(removal.seen[name] == identity for name, identity in first.items())


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_a_stop_by_hand_leaves_what_can_be_resumed(
    whole: tuple[Removal, float], tmp_path: Path, sign: signal.Signals, code: int
) -> None:
    removal = Removal(whole[0].plate, whole[0].mask, tmp_path / "shot")
    assert removal.run_until("quadmask.mkv", sign) == code
    assert not removal.out.exists()
    assert removal.workshop.exists()
    assert removal.run() == 0
    assert_same(removal, whole)
