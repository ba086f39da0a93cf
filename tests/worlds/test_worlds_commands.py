"""The commands that make samples, as processes would call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanplate.cli.main import app


def cli(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


def test_layered_clips_are_made_valid_and_kept(tmp_path: Path) -> None:
    options = ("--count", 2, "--size", "64x48", "--length", 2, "--out", tmp_path, "--json")
    code, said = cli("worlds", "layered", *options)
    assert code == 0, said
    answer = json.loads(said)
    assert (answer["made"], answer["kept"]) == (2, 0)
    assert all(Path(place).is_file() for place in answer["lists"])
    code, said = cli("worlds", "layered", *options)
    assert (json.loads(said)["made"], json.loads(said)["kept"]) == (0, 2)
    code, said = cli("worlds", "validate", tmp_path)
    assert code == 0, said


def test_counterfactual_pairs_are_made_valid_and_kept(tmp_path: Path) -> None:
    options = ("--count", 3, "--size", "112x64", "--length", 8, "--family", "held", "--out", tmp_path, "--json")
    code, said = cli("worlds", "counterfactual", *options)
    assert code == 0, said
    answer = json.loads(said)
    assert answer["made"] == 3
    assert set(answer["seconds"]) == {"simulate", "check", "render", "write"}
    assert len(json.loads(Path(answer["lists"][0]).read_text())) == 3
    code, said = cli("worlds", "counterfactual", *options)
    assert (json.loads(said)["made"], json.loads(said)["kept"]) == (0, 3)
    code, said = cli("worlds", "validate", tmp_path)
    assert code == 0, said


def test_families_and_renderers_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANPLATE_BLENDER", str(tmp_path / "none"))
    wrong = {("--family", "magic"): (2, "magic"), ("--renderer", "povray"): (2, "povray")}
    for options, (code, word) in (wrong | {("--renderer", "blender"): (5, "setup-blender")}).items():
        got, said = cli("worlds", "counterfactual", *options, "--out", tmp_path / "data")
        assert (got, word in said) == (code, True), said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", ["64", "64x", "65x48", "8x8", "axb", "99999x99998"])
def test_a_size_that_cannot_be_made_is_refused_before_anything_is_written(tmp_path: Path, size: str) -> None:
    code, said = cli("worlds", "layered", "--size", size, "--out", tmp_path / "data")
    assert code == 2
    assert size in said
    assert not list(tmp_path.iterdir())


def test_a_folder_without_sprites_is_named(tmp_path: Path) -> None:
    code, said = cli("worlds", "layered", "--sprites", tmp_path / "none", "--out", tmp_path / "data")
    assert code == 3
    assert "no PNG" in " ".join(said.split())
    assert not list(tmp_path.iterdir())


def test_blender_that_is_there_is_not_set_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.touch()
    monkeypatch.setenv("CLEANPLATE_BLENDER", str(tmp_path))
    code, said = cli("worlds", "setup-blender", "--json")
    assert (code, json.loads(said)) == (0, {"python": str(python)})
