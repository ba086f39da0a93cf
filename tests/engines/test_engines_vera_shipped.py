"""vera-nano as the package brings it, through the whole pipeline: what words say is there, the rest is the plate's."""

from __future__ import annotations

import numpy as np
from layered import score
from layered_clips import Case, of_clip
from layered_methods import by_engine

from cleanplate.models.catalogue.shipped import VERA_NANO, card_of, folder_of
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.store.loading import load
from cleanplate.progress import Silent
from cleanplate.train.vera_nano.recipes import RECIPES
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.layered.synthetic import sample_synthetic


def clip(task: Task, seed: int) -> Case:
    """Of seeds that nothing is trained on, and that are in no evaluation set."""
    return of_clip(sample_synthetic(task, seed, height=64, width=112, length=8))


def test_additions_show_what_the_words_say_and_little_else_changes() -> None:
    method = by_engine(VERA_NANO, None, 0)
    found = [score(case, method(case)) for case in (clip(Task.ADD, seed) for seed in (580_010, 580_012, 580_014))]
    assert np.mean([one[word] for one in found for word in ("kind", "colour", "place", "direction")]) >= 0.75
    assert all(one["place"] for one in found)
    assert all(one["preserved"] > 0.95 for one in found)


def test_a_background_is_the_one_that_was_asked_for() -> None:
    case = clip(Task.BACKGROUND, 580_011)
    found = score(case, by_engine(VERA_NANO, None, 0)(case))
    assert found["scene"] == 1
    assert found["IoU"] > 0.3


def test_what_is_brought_is_the_recipes_model_and_whole() -> None:
    _, system = load(folder_of(VERA_NANO))
    assert system == RECIPES["nano"].system
    assert not verify(VERA_NANO, Silent()).findings
    assert card_of(folder_of(VERA_NANO))["scores"]["sampled iou close"] > 0.7
