"""Invariant 3: memory does not grow with the length of the clip."""

from __future__ import annotations

import sys
from pathlib import Path

import memory
import pytest

WIDTH, HEIGHT, FRAMES = 320, 240, 250


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="anonymous memory is read from /proc")
def test_four_times_the_frames_take_the_same_memory(tmp_path: Path) -> None:
    peaks = []
    for times in (1, 4):
        plate, shot = tmp_path / f"plate{times}.mp4", tmp_path / f"shot{times}"
        memory.draw_plate(plate, times * FRAMES, WIDTH, HEIGHT)
        peaks.append(memory.run(memory.removal(plate, 0.4, WIDTH, HEIGHT), shot).peak)
    per_frame = WIDTH * HEIGHT * 3 / 2
    assert peaks[1] - peaks[0] < 20 * per_frame + 8e6
    assert peaks[1] < 250e6
