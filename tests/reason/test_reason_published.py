"""From one click and a hand-written answer to the published quadmasks, label by label.

The floors are what was reached (`python -m bench.grounding` prints the figures), less a hundredth. The object's own
labels are what the embedded segmenter makes of one click, held in tests/select; here it is what the answer adds.
"""

import os
from pathlib import Path

import pytest
from grounding import ANSWERS, CLIPS, compare, measure, published_labels

from cleanplate.masks.reasoning import read_reasoning

VOID = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "void"
FLOORS = {"lime": 0.93, "moving_ball": 0.94, "pillow": 0.96, "ducky-float": 0.87}


@pytest.mark.parametrize("clip", CLIPS)
def test_the_answers_are_words_and_cells_alone(clip: str) -> None:
    document = read_reasoning(ANSWERS / f"{clip}.json")
    assert document.affected
    for thing in document.affected:
        assert thing.track is None
        assert len(thing.cells_by_time) <= 4
        assert len(thing.path) <= 3
        assert len(thing.why.split()) > 15


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not VOID.is_dir(), reason="no real footage: set CLEANPLATE_DATA")
@pytest.mark.parametrize("clip", CLIPS)
def test_consequences_agree_with_the_published_ones(clip: str, tmp_path: Path) -> None:
    found = measure(VOID / clip, tmp_path)
    assert found.regions["consequences"] >= FLOORS[clip]


@pytest.mark.real
@pytest.mark.skipif(not VOID.is_dir(), reason="no real footage: set CLEANPLATE_DATA")
def test_a_mask_agrees_with_itself() -> None:
    labels, regions = compare(published_labels(VOID / "ducky-float"), published_labels(VOID / "ducky-float"))
    assert set(labels.values()) == set(regions.values()) == {1.0}
