"""`cleanplate engines --fit`: what fits a machine, in words and as a document, with and without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from commands import cli

from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.registry import ENGINES


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with enough memory for blocks to wait in."""
    machine = Machine("Linux", "any", threads=8, memory_bytes=128 * 10**9, disk_bytes=10**12)
    monkeypatch.setattr("cleanplate.models.running.accelerator.Machine.here", lambda folder: machine)


def fitted(*arguments: object) -> dict[str, Any]:
    done = cli("engines", "--fit", "--json", *arguments)
    assert done.exit_code == 0, done.stdout
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def chosen(document: dict[str, Any]) -> dict[str, dict[str, Any] | None]:
    return {row["name"]: row["chosen"] for row in document["engines"]}


def test_every_engine_says_what_fits() -> None:
    document = fitted("--max-vram", 100)
    assert set(chosen(document)) == set(ENGINES)
    for row in document["engines"]:
        assert row["chosen"] == next(way for way in row["ways"] if way["fits"])
        assert row["chosen"]["setting"] == ""
        assert all(way["seconds"] > 0 and way["memory_bytes"] > 0 for way in row["ways"])
    words = cli("engines", "--fit", "--max-vram", 100).stdout
    assert all(name in words for name in ENGINES)


@pytest.mark.parametrize("engine", ["void-5b", "vera-1.3b", "vera-14b"])
def test_a_smaller_card_is_offered_settings_that_take_less(engine: str) -> None:
    taken = []
    for gigabytes in (100, 24, 12, 8):
        found = chosen(fitted("--engine", engine, "--max-vram", gigabytes))[engine]
        if found is not None:
            assert found["device_bytes"] < gigabytes * 1e9
            taken.append(found["device_bytes"])
    assert len(taken) >= 3
    assert taken == sorted(taken, reverse=True)


def test_an_engine_may_be_named_either_way() -> None:
    assert chosen(fitted("void-5b", "--max-vram", 80)) == chosen(fitted("--engine", "void-5b", "--max-vram", 80))


def test_nothing_fits_where_there_is_nothing() -> None:
    assert chosen(fitted("--engine", "void-5b", "--max-vram", 0.5)) == {"void-5b": None}
    assert "does not fit" in cli("engines", "--fit", "--engine", "void-5b", "--max-vram", 0.5).stdout


def test_more_to_draw_takes_longer() -> None:
    for engine in ENGINES:
        few, many = (
            fitted("--engine", engine, "--max-vram", 80, "--frames", frames)["engines"][0]["chosen"]["seconds"]
            for frames in (40, 400)
        )
        assert many > 2 * few


@pytest.mark.parametrize("wrong", [("--size", "large"), ("--engine", "nothing")])
def test_what_cannot_be_understood_is_said(wrong: tuple[str, str]) -> None:
    assert cli("engines", "--fit", *wrong).exit_code == 2


WITHOUT = "import sys; sys.modules['torch'] = None; from cleanplate.cli.main import run; run()"


def test_no_torch_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "engines", "--fit", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["machine"]["device"] == "cpu"
