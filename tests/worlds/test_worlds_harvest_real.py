"""A harvest of real footage: the struck ball is no part of the duck's layer, and the layer makes its composite."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from cleanplate.worlds.formats.vera_layout import over
from cleanplate.worlds.harvest.decisions import candidates
from cleanplate.worlds.harvest.run import Asked, run
from cleanplate.worlds.harvest.wanted import Defaults

CLIP = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared/data")) / "void/moving_ball"


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not CLIP.is_dir(), reason="no real footage: set CLEANPLATE_DATA")
def test_a_duck_is_harvested_without_the_ball_that_strikes_it(tmp_path: Path) -> None:
    clip = str(CLIP / "input_video.mp4")
    asked = Asked((clip,), {"noun": "rubber duck", "click": ["2920,880"]}, defaults=Defaults(height=216, length=20))
    assert run(asked, tmp_path).made == 1
    (candidate,) = candidates(tmp_path)
    for frame in candidate.sample.frames():
        assert frame.edit_rgb is not None
        assert frame.edit_alpha is not None
        assert frame.composite is not None
        assert np.abs(over(frame.edit_rgb, frame.edit_alpha, frame.input) - frame.composite).max() <= 1
        count, _, boxes, _ = cv2.connectedComponentsWithStats((frame.edit_alpha > 128).astype(np.uint8))
        assert (boxes[1:, cv2.CC_STAT_AREA] > 200).sum() == 1, "one thing"
        solid = frame.edit_rgb[frame.edit_alpha > 250].astype(int)
        assert np.mean((solid[:, 0] > 90) & (solid[:, 1] > 70) & (solid[:, 2] < solid[:, 1])) > 0.8, "and it is yellow"
        assert count >= 2
