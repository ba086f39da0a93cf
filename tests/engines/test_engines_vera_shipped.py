"""vera-nano as the package brings it, through the whole pipeline: what words say is there, the rest is the plate's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layered import score
from layered_clips import Case, of_clip
from layered_methods import by_engine

from cleanplate.engines.vera.parts import StoredParts
from cleanplate.errors import InputError
from cleanplate.models.catalogue.shipped import FINDER, PLACER, VERA_NANO, WEIGHTS, card_of, folder_of
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.finding import finder
from cleanplate.models.placing import placer
from cleanplate.models.store.loading import load
from cleanplate.pipeline.add import add, replace_background
from cleanplate.pipeline.edits import Add, ReplaceBackground
from cleanplate.pipeline.make import Order
from cleanplate.progress import Silent
from cleanplate.train.vera_nano.recipes import RECIPES
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.layered.synthetic import sample_synthetic
from drawn_clips import write_plate


def clip(task: Task, seed: int) -> Case:
    """Of seeds that nothing is trained on, and that are in no evaluation set."""
    return of_clip(sample_synthetic(task, seed, height=64, width=112, length=8))


def test_additions_show_what_the_words_say_and_little_else_changes() -> None:
    method = by_engine(VERA_NANO, None, 0)
    found = [score(case, method(case)) for case in (clip(Task.ADD, seed) for seed in (580_010, 580_012, 580_014))]
    assert np.mean([one[word] for one in found for word in ("kind", "colour", "place", "direction")]) >= 0.75
    assert all(one["place"] for one in found)
    assert all(one["preserved"] > 0.95 for one in found)


def test_a_background_is_the_one_that_was_asked_for_behind_what_was_named() -> None:
    case = clip(Task.BACKGROUND, 580_011)
    found = score(case, by_engine(VERA_NANO, None, 0)(case))
    assert found["scene"] == 1
    assert found["IoU"] > 0.75


@pytest.mark.parametrize(("name", "its"), [(PLACER, placer), (FINDER, finder)])
def test_another_small_model_beside_the_weights_is_another_model(name: str, its: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(folder_of(VERA_NANO), folder)
    shutil.copytree(folder_of(name), folder / name)
    before = StoredParts(str(folder)).digest()
    assert before == StoredParts(str(folder)).digest()
    other = its.KIND.made(its.load(folder / name).shape)
    shutil.rmtree(folder / name)
    its.save(other, folder / name)
    assert StoredParts(str(folder)).digest() != before
    (folder / name / WEIGHTS).write_bytes(b"junk")
    with pytest.raises(InputError, match=WEIGHTS):
        StoredParts(str(folder)).digest()


@pytest.mark.parametrize("name", [PLACER, FINDER])
@pytest.mark.parametrize(
    ("make", "edit"),
    [
        (add, Add(instruction="Add a red ball.")),
        (replace_background, ReplaceBackground(instruction="Change the background to a desert.")),
    ],
)
def test_a_small_model_that_is_none_is_refused_before_anything_is_drawn(
    name: str, make: Any, edit: Add | ReplaceBackground, tmp_path: Path
) -> None:
    folder, plate = tmp_path / "model", write_plate(tmp_path / "plate.mkv")
    shutil.copytree(folder_of(VERA_NANO), folder)
    shutil.copytree(folder_of(name), folder / name)
    (folder / name / WEIGHTS).write_bytes(b"junk")
    with pytest.raises(InputError, match=WEIGHTS):
        make(plate, edit, tmp_path / "shot", Order(engine=VERA_NANO, weights=str(folder)))
    assert not (tmp_path / "shot" / "layer").exists()


def test_what_is_brought_is_the_recipes_model_and_whole() -> None:
    _, system = load(folder_of(VERA_NANO))
    assert system == RECIPES["nano"].system
    assert not verify(VERA_NANO, Silent()).findings
    assert card_of(folder_of(VERA_NANO))["scores"]["sampled iou close"] > 0.7
