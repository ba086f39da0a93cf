"""The morph check on a simulated world of which it is known to be right, so that it stays so.

How often it is right is what `bench/morph.py` measures: this clip was chosen after its scores were known.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from morph import HELD_OUT, MAIN, SMALL_GRID, TRUTH, measured
from morph_clips import things

from cleanplate.engines.void.morph.score import THRESHOLD

CLIPS = (("leaning", 6),)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "seed"), CLIPS)
def test_truth_stays_below_and_morphs_exceed_it(family: str, seed: int, tmp_path: Path) -> None:
    assert family in HELD_OUT
    (seen, *_) = things(tmp_path, family, seed, *SMALL_GRID)
    score = {row.kind: row.score for row in measured(seen, 0, "warp 20 %")}
    assert score[TRUTH] < THRESHOLD < score[MAIN] < score["warp 20 %"]
