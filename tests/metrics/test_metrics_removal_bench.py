"""The removal bench: what it says of clips on which a second pass is called for."""

from __future__ import annotations

import json
from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import removal
import removal_methods
from removal import Score, as_json, groups, tell_refusals
from removal_methods import ByEngine
from rich.console import Console

from cleanplate.errors import RefusalError
from cleanplate.metrics.trajectory import Sight


def score(key: str, made: float) -> Score:
    return Score(key, "support", (Sight(10.0, made, 1.0),), 20.0, 0.9, 0.1)


FOUND = {"pass2=never": [score("a", 5.0), score("b", 4.0)], "pass2=always": [score("a", 2.0), score("b", 6.0)]}


def test_e_of_either_pass_is_told_where_the_check_calls_for_the_second() -> None:
    assert list(groups(FOUND["pass2=never"], {"a"})) == ["all", "a second pass is called for"]
    assert list(groups(FOUND["pass2=never"], ())) == ["all"]
    told = json.loads(as_json(FOUND, {"a"}, Namespace(set="validation", size="112x64")))
    assert told["second_pass_called_for"] == ["a"]
    of = {name: method["groups"] for name, method in told["methods"].items()}
    called = {name: some["a second pass is called for"]["E"] for name, some in of.items()}
    assert called == pytest.approx({"pass2=never": 0.5, "pass2=always": 0.2})
    assert of["pass2=never"]["all"]["E"] == pytest.approx(0.45)


def test_every_choice_of_the_second_pass_is_a_method() -> None:
    options = removal._options(["--engine", "void-nano", "--pass2", "never", "--pass2", "always"])
    methods = removal._methods(options)
    assert {"void-nano, pass2=never", "void-nano, pass2=always", "propagate"} <= set(methods)
    assert "void-nano" not in methods
    assert isinstance(removal._methods(removal._options(["--engine", "void-nano"]))["void-nano"], ByEngine)


@pytest.mark.parametrize("morphs", [True, False])
def test_an_engine_tells_which_clips_morph_in_its_first_pass(monkeypatch: pytest.MonkeyPatch, morphs: bool) -> None:
    asked: list[dict[str, Any]] = []
    things = [{"morphs": False}, {"morphs": morphs}]
    package = SimpleNamespace(shot=SimpleNamespace(measurements={"morph": {"things": things}}), composite=None)

    def remove(*given: object, **how: object) -> SimpleNamespace:
        asked.append(how)
        return package

    monkeypatch.setattr(removal_methods, "remove", remove)
    monkeypatch.setattr(removal_methods, "read_pictures", lambda path: [np.zeros((4, 6, 3), np.uint8)])
    frames = np.zeros((2, 4, 6, 3), np.uint8)
    case: Any = SimpleNamespace(
        planned=SimpleNamespace(key="a"), moves=SimpleNamespace(plate=frames), labels=frames[..., 0]
    )
    engine = ByEngine("void-nano", "run/model", {"pass2": "never"})
    assert engine(case).shape == (1, 4, 6, 3)
    assert asked == [{"engine": "void-nano", "weights": "run/model", "settings": {"pass2": "never"}}]
    assert engine.morphing == ({"a"} if morphs else set())


def test_what_an_engine_refuses_is_left_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(*given: object, **how: object) -> None:
        raise RefusalError("it lasts too long")

    monkeypatch.setattr(removal_methods, "remove", remove)
    frames = np.zeros((2, 4, 6, 3), np.uint8)
    case: Any = SimpleNamespace(
        planned=SimpleNamespace(key="a"), moves=SimpleNamespace(plate=frames), labels=frames[..., 0]
    )
    engine = ByEngine("void-nano")
    assert engine(case) is frames
    assert engine.refused == {"a": "it lasts too long"}
    console = Console(record=True, width=200)
    tell_refusals({"nano": engine.refused}, {"nano": FOUND["pass2=never"]}, console)
    assert "nano refused 1 of 2 clips, which count as left as they are: it lasts too long" in console.export_text()
    with pytest.raises(SystemExit, match="refused 1 of 1 clips"):
        tell_refusals({"nano": engine.refused}, {"nano": FOUND["pass2=never"][:1]}, console)
