"""``cleanplate remove --engine void-5b`` as its user calls it, with tiny drawn weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import cli, process

from drawn_removal import write_clip
from drawn_void import write_void

HOW = (
    "--engine",
    "void-5b",
    "--steps",
    "2",
    "--set",
    "window=13",
    "--set",
    "background=no",
    "--prompt",
    "snow",
    "--mask",
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with plate and quadmask."""
    return write_clip(tmp_path_factory.mktemp("clip"), 13)


@pytest.fixture(scope="module")
def void(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_void(tmp_path_factory.mktemp("void") / "weights")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that were read stay in this test."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "models"))


def test_a_removal_in_two_passes_and_its_proof(clip: Path, void: Path, tmp_path: Path) -> None:
    given = (*HOW, clip / "quadmask.mkv", "--weights", void, "--pass2", "always", "--out", "shot")
    run = process(tmp_path, "remove", clip / "plate.mkv", *given)
    assert run.returncode == 0, run.stderr
    assert "another size than void-5b" in run.stderr
    proof = cli("verify", tmp_path / "shot", "--json")
    assert proof.exit_code == 0
    assert json.loads(proof.stdout)["passed"]
    shot = json.loads((tmp_path / "shot/shot.json").read_bytes())
    assert shot["measurements"]["spans"][0]["pass2"] is True
    assert shot["edit"]["prompt"] == "snow"


def test_an_estimate_alone(clip: Path, void: Path, tmp_path: Path) -> None:
    given = (*HOW, clip / "quadmask.mkv", "--weights", void, "--out", tmp_path / "shot", "--dry-run", "--json")
    run = cli("remove", clip / "plate.mkv", *given)
    assert run.exit_code == 0, run.stdout
    estimate = json.loads(run.stdout)["estimate"]
    assert min(estimate[name] for name in ("frames", "seconds", "memory_bytes", "disk_bytes")) > 0
    assert not (tmp_path / "shot").exists()


def test_weights_of_an_engine_that_takes_none_are_the_segmenters(clip: Path, tmp_path: Path) -> None:
    given = ("--click", "20,20", "--weights", "a", "--segmenter-weights", "b", "--out", tmp_path / "shot", "--json")
    run = cli("remove", clip / "plate.mkv", *given)
    assert run.exit_code == 2
    assert "takes no weights" in json.loads(run.stdout)["error"]["what"]


@pytest.mark.parametrize("option", [("--prompt", "snow"), ("--steps", "3"), ("--pass2", "never"), ("--set", "a=1")])
def test_an_option_that_the_engine_does_not_take(clip: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    run = cli("remove", clip / "plate.mkv", "--click", "20,20", *option, "--out", tmp_path / "shot", "--json")
    assert run.exit_code == 2
    assert json.loads(run.stdout)["error"]["kind"] == "UsageError"
