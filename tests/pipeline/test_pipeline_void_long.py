"""VOID's removals that are killed go on to the same bytes; those of long clips take no more memory."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import memory
import pytest
from resume import Interrupted

from drawn_removal import write_clip
from drawn_void import write_void
from killed import require_survived

pytestmark = pytest.mark.slow
RESULTS = ("composite.mkv", "layer/layer.mkv", "layer/matte.mkv", "layer/layer.json", "generated.mp4", "shot.json")
MOMENTS = (
    "layer/work/span000.known.npy",
    "layer/work/span000.pass1/state.json",
    "layer/work/span000.drawn1.npy",
    "layer/work/span000.pass2/state.json",
    "layer/segments/000001/layer.json",
    "layer/layer.json",
)


@pytest.fixture(scope="module")
def void(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("void")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEANPLATE_MODELS", str(folder / "models"))
        yield write_void(folder / "weights")


def removal(clip: Path, void: Path, *settings: str) -> list[str]:
    given = ["--mask", str(clip / "quadmask.mkv"), "--weights", str(void), "--prompt", "snow", "--pass2", "always"]
    return ["remove", str(clip / "plate.mkv"), "--engine", "void-5b", *given, *settings]


@pytest.fixture(scope="module")
def whole(void: Path, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    """A removal that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    arguments = removal(write_clip(folder / "clip", 19), void, "--steps", "3", "--set", "window=13")
    made = Interrupted(arguments, folder / "shot", 0.5, RESULTS)
    assert made.run() == 0
    return made


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_when_a_file_appears(whole: Interrupted, tmp_path: Path, moment: str) -> None:
    require_survived(whole, tmp_path / "shot", moment)


def test_sparing_goes_on_from_the_last_whole_step(whole: Interrupted, void: Path, tmp_path: Path) -> None:
    spared = [*whole.arguments, "--set", "economy.refresh=2"]
    peace, fire = (Interrupted(spared, tmp_path / name, 0.5, RESULTS) for name in ("peace", "fire"))
    assert peace.run() == 0
    assert fire.run_until((fire.workshop / "layer/work/span000.pass2/state.json").exists) == -signal.SIGKILL
    assert fire.run() == 0
    assert fire.digests() == peace.digests()
    assert fire.digests() != whole.digests()


@pytest.mark.skipif(sys.platform != "linux", reason="anonymous memory is read from /proc")
def test_five_times_the_frames_take_the_same_memory(void: Path, tmp_path: Path) -> None:
    """Windows of the published length; both passes, the check and the laying among what is measured."""
    peaks = []
    for frames in (200, 1000):
        clip = write_clip(tmp_path / f"clip{frames}", frames, size=(96, 160))
        quick = ("--steps", "1", "--set", "background=no", "--set", "second.guidance=1")
        peaks.append(memory.run(removal(clip, void, *quick), tmp_path / f"shot{frames}").peak)
    assert peaks[1] < 1.05 * peaks[0], peaks
