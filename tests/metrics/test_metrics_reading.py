"""What instructions ask for, and whether layers show it: on true layers of training seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from layered_clips import Case, drawn

from cleanplate.metrics.reading import WORDS, complies, reader
from cleanplate.metrics.shapes import pieces
from cleanplate.metrics.words import Noun, asked
from cleanplate.worlds.layered.clip import Task, Tier
from cleanplate.worlds.layered.places import KINDS
from cleanplate.worlds.layered.sprites import COLOURS, OUTLINES

SIZE, LENGTH = (64, 112), 16
FIRST = 450_000
"""Of seeds that nothing was calibrated on."""


def said(case: Case, of: Case | None = None) -> dict[str, bool]:
    """Whether a layer, or another one, complies."""
    layer = of or case
    return complies(layer.edit, layer.real_alpha, asked(case.instruction), apart=case.apart)


def shares(cases: Sequence[Case], step: int = 0) -> dict[str, float]:
    """By word, how many comply; of layers so many places on."""
    found = [said(case, cases[(n + step) % len(cases)]) for n, case in enumerate(cases)]
    words = {word for one in found for word in one}
    return {word: float(np.mean([one[word] for one in found if word in one])) for word in words}


def test_words_of_an_addition() -> None:
    one = asked(
        "Insert a yellow cone, a red box and a yellow pot in the bottom right corner of the scene, moving quickly "
        "from right to left, and nothing else. Everything else stays as it is."
    )
    assert one.nouns == (Noun("yellow", "cone"), Noun("red", "box"), Noun("yellow", "pot"))
    assert (one.across, one.down, one.way, one.quick) == (1, 1, -1, True)
    still = asked(
        "Add an orange paper boat in the middle of the frame, staying in its place. It is lit by soft daylight."
    )
    assert still.nouns == (Noun("orange", "paper boat"),)
    assert (still.across, still.down, still.way) == (0, 0, 0)


def test_words_of_another_background() -> None:
    one = asked("Set the scene in a green meadow below blue hills instead. The blue pot must stay unchanged.")
    assert one.scene == "grass"
    with pytest.raises(ValueError, match="no instruction"):
        asked("Make it nicer.")


def test_the_reader_knows_the_vocabulary() -> None:
    assert set(reader()["scene"].names) == set(KINDS)
    assert set(OUTLINES) < set(reader()["kind"].names)


def test_a_shadow_is_no_piece() -> None:
    edit, alpha = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), np.float32)
    edit[5:15, 10:20], alpha[5:15, 10:20] = np.rint(255 * np.array(COLOURS["teal"])), 1
    alpha[15:22, 18:40] = 0.7
    (one,) = pieces(edit, alpha)
    assert [one.x, one.y] == pytest.approx([15 / 60, 10 / 40])
    assert one.colours["teal"] == 1


def test_true_layers_comply_and_others_do_not() -> None:
    cases = list(drawn(Tier.SYNTHETIC, Task.ADD, range(FIRST, FIRST + 16), SIZE, 6))
    right, chance = shares(cases), shares(cases, 1)
    assert right["colour"] == 1
    assert min(right.values()) >= 0.8, "16 clips: one in twenty may be misread"
    assert chance["kind"] < 0.5
    assert chance["colour"] < 0.7
    empty = complies(np.zeros((2, *SIZE, 3), np.uint8), np.zeros((2, *SIZE), np.float32), asked(cases[0].instruction))
    assert empty == dict.fromkeys(WORDS[:4], False)


@pytest.mark.slow
def test_the_share_of_true_layers_that_is_stated() -> None:
    for task in Task:
        cases = list(drawn(Tier.SYNTHETIC, task, range(FIRST, FIRST + 120), SIZE, LENGTH))
        assert min(shares(cases).values()) >= 0.95
