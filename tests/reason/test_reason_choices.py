"""What may be chosen of how a model is asked, and the words in which it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from cleanplate.errors import UsageError
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.reasoning import reasoner_key
from cleanplate.pipeline.registry import REASONERS, Part, reasoner
from cleanplate.reason.asking import prompt


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "ftp://vision.example"}, "no address of a server"),
        ({"url": "vision.example:8000"}, "no address of a server"),
        ({"url": "http://me:password@vision.example/v1"}, "holds a name, a password"),
        ({"url": "http://vision.example:port/v1"}, "no address of a server"),
        ({"url": "http://vision.example/v1?key=password"}, "a password or a query"),
        ({"frames": "many"}, "--reasoner-set frames"),
        ({"colour": "red"}, "--reasoner-set colour"),
        ({"model": None}, "needs the name of a model"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    settings: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEANPLATE_REASONER_MODEL", raising=False)
    plain = {"url": "http://127.0.0.1:9/v1", "model": "any"}
    with pytest.raises(UsageError, match=told) as caught:
        reasoner("openai", plain | settings)
    assert "password" not in str(caught.value).replace("a name, a password or a query", "")


def test_the_prompt_has_a_version_and_asks_for_every_field() -> None:
    assert prompt.version() >= 1
    text = prompt.words("instructions", schema="{}")
    for name in (
        "belongings",
        "cells_by_time",
        "path",
        "rest_place",
        "should_have_stayed",
        "onset",
        "scene_after",
        "why",
    ):
        assert f'"{name}"' in text
    with pytest.raises(KeyError):
        prompt.words("question")


def test_a_reasoner_that_has_changed_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reasoner_key(Remove(), {})
    newer = replace(REASONERS["physics"], version=REASONERS["physics"].version + 1)
    monkeypatch.setitem(cast(dict[str, Part], REASONERS), "physics", newer)
    assert reasoner_key(Remove(), {}) != before
