"""The morph check on simulated worlds: a few of those that `bench/morph.py` measures all of."""

from __future__ import annotations

from pathlib import Path

import pytest
from morph import TRUTH, UNSEEN, make, measured

from cleanplate.engines.void.morph.score import THRESHOLD

CLIPS = (("held", 2), ("person-pushes", 16))


@pytest.mark.slow
@pytest.mark.parametrize(("family", "seed"), CLIPS)
def test_truth_stays_below_and_morphs_exceed_it(family: str, seed: int, tmp_path: Path) -> None:
    assert family in UNSEEN
    clip = make(tmp_path, family, seed, 128, 224)
    assert clip is not None
    rows = list(measured(clip))
    truth = [row.score() for row in rows if row.kind == TRUTH]
    assert truth
    assert max(truth) < THRESHOLD
    assert all(row.score() > max(truth) for row in rows if row.kind != TRUTH)
