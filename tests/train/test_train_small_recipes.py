"""Recipes of the small models beside vera-nano: what is refused of one's own, and those that are on shipped cards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cleanplate.errors import InputError
from cleanplate.models.catalogue.shipped import CARD, CODEC, FINDER, FOLDER, PLACER
from cleanplate.train.nano_codec.door import recipe_of as of_codec
from cleanplate.train.nano_finder.door import recipe_of as of_finder
from cleanplate.train.nano_placer.door import recipe_of as of_placer
from cleanplate.train.recipe import Common

Door = Callable[[str, dict[str, Any]], Common]


@pytest.mark.parametrize(
    ("recipe_of", "changes", "said"),
    [
        (of_codec, {"stock": {"seed": 0}}, "held back"),
        (of_codec, {"clips": {"rows": 60}}, "multiple of 8 x 8"),
        (of_codec, {"pictures": {"nearest": 0.5}}, "nearest"),
        (of_codec, {"lora": {}}, "lora"),
        (of_placer, {"stock": {"seed": 0}}, "held back"),
        (of_placer, {"clips": {"frames": 2}}, "too short"),
        (of_placer, {"clips": {"frames": 16, "workers": 1}}, "frames, rows, columns and batch"),
        (of_placer, {"mix": {"background": 1.0}}, "nothing but additions"),
        (of_placer, {"mix": {"background": 0.0, "brief": 0.1}}, "rendered and mirrored"),
        (of_placer, {"lora": {}}, "lora"),
        (of_finder, {"stock": {"seed": 0}}, "held back"),
        (of_finder, {"clips": {"rows": 60}}, "multiple of 16 x 16"),
        (of_finder, {"shape": {"widths": [8, 16, 32, 64, 64]}}, "multiple of 32 x 32"),
        (of_finder, {"each": 17}, "no 17 pictures"),
        (of_finder, {"clips": {"kept": 5}}, "batch, columns, frames, rows, workers can be changed"),
        (of_finder, {"mix": {"background": 0.5}}, "subjects stand before"),
        (of_finder, {"lora": {}}, "lora"),
    ],
)
def test_what_nothing_would_come_of_is_refused(
    recipe_of: Door, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    own = tmp_path / "mine.json"
    own.write_text(json.dumps(changes))
    with pytest.raises(InputError, match=said):
        recipe_of(str(own), {})


@pytest.mark.parametrize(("name", "recipe_of"), [(CODEC, of_codec), (PLACER, of_placer), (FINDER, of_finder)])
def test_what_a_shipped_model_was_trained_by_is_readable(name: str, recipe_of: Door, tmp_path: Path) -> None:
    told, own = json.loads((FOLDER / name / CARD).read_text())["recipe"], tmp_path / "shipped.json"
    own.write_text(json.dumps(told))
    assert recipe_of(str(own), {}).model_dump(mode="json") == told
