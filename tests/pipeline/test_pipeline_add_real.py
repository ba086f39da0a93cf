"""Additions and new backgrounds on real footage: 49 and 200 frames, odd sides, ten bits, no join to be seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.engines.vera import engine as vera
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.pipeline.add import add, replace_background
from cleanplate.pipeline.edits import Add, ReplaceBackground
from cleanplate.pipeline.make import Order
from drawn_clips import write_video
from drawn_vera import QUICK, DrawnParts, pixel_system, write_weights
from joins import join_ratios

DATA = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data"))
CUPS, BLOCKS, VACE = (DATA / "clips" / name for name in ("02_cups.mp4", "03_blocks.mp4", "vace_test.mp4"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not CUPS.is_file(), reason="CLEANPLATE_DATA holds no clips"),
]
WINDOW, SHARED = 17, 5
BOX = (10, 8, 310, 172)
"""Large: what random weights draw scatters from frame to frame, so that a mean over little shows chance, not joins."""


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Order]:
    """Random weights; no encoder is loaded for a text."""
    system = pixel_system(frames=WINDOW, pixels=96 * 160, rate=16.0)
    folder = write_weights(tmp_path_factory.mktemp("weights") / "tiny", system)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))
        yield Order("vera-1.3b", str(folder), QUICK)


def cut(source: Path, out: Path, frames: int, size: tuple[int, int], pixels: str) -> Path:
    """The start of a real clip, smaller, lossless, and in another format."""
    height, width = size
    with Clip.open(source) as clip:
        shown = (picture(frame, clip.info) for frame in islice(clip.frames(), frames))
        shrunk = (np.asarray(cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA), np.uint8) for p in shown)
        return write_video(out, shrunk, "ffv1", pixels, {})


def assert_proven(package: ShotPackage) -> None:
    assert (package.folder / "report.html").is_file()
    assert (package.folder / "generated.mp4").is_file()
    proof = verify(package)
    assert proof.passed, proof.faults
    assert proof.alpha_zero.differing == proof.outside_region.differing == 0
    assert proof.outside_region.compared > 0


@pytest.mark.parametrize(
    ("source", "frames", "size", "pixels"),
    [
        pytest.param(VACE, 49, (180, 320), "yuv420p", id="49 frames"),
        pytest.param(CUPS, 200, (180, 320), "yuv420p", id="200 frames"),
        pytest.param(BLOCKS, 49, (181, 319), "yuv444p", id="odd sides"),
        pytest.param(CUPS, 49, (179, 321), "yuv420p10le", id="ten bits, odd sides"),
    ],
)
def test_an_addition_to_real_footage(
    order: Order, tmp_path: Path, source: Path, frames: int, size: tuple[int, int], pixels: str
) -> None:
    plate = cut(source, tmp_path / "plate.mkv", frames, size, pixels)
    package = add(plate, Add(instruction="a red ball", box=BOX), tmp_path / "shot", order)
    assert_proven(package)
    assert len(package.layer()) == frames
    step = int(str(package.shot.measurements["every"]))
    starts = range(WINDOW - SHARED, 1 + (frames - 1) // step, WINDOW - SHARED)
    ratios = join_ratios(package, {step * (start + at) for start in starts for at in (-1, 0, SHARED - 1)})
    assert len(ratios) >= 3
    assert max(ratios) <= 1.2


def test_another_background_behind_a_real_subject(order: Order, tmp_path: Path) -> None:
    plate = cut(VACE, tmp_path / "plate.mkv", 49, (180, 320), "yuv420p10le")
    kept = np.zeros((180, 320), np.uint8)
    cv2.ellipse(kept, (160, 110), (50, 70), 0, 0, 360, 255, -1)
    mask = tmp_path / "kept.png"
    cv2.imwrite(str(mask), kept)
    edit = ReplaceBackground(instruction="a harbour at dusk", keep_mask=mask)
    package = replace_background(plate, edit, tmp_path / "shot", order)
    assert_proven(package)
    for _, patches in package.layer():
        for patch in patches:
            y0, x0, y1, x1 = patch.box
            assert not patch.alpha[kept[y0:y1, x0:x1] > 0].any()
