"""`cleanplate train void`, with weights in the published layout, and with none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

import drawn_void
from cleanplate.cli.main import app
from cleanplate.models.void.transformer import load
from cleanplate.train.void.door import recipe_of
from cleanplate.train.void.recipe import Clips, Recipe
from drawn_pairs import FRAMES, made_pairs, small_recipe


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both passes, codec and text encoder, in one folder; texts are kept beside it."""
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "kept"))
    return drawn_void.write_void(tmp_path / "models")


def ran(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["train", "void", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def write_recipe(folder: Path, **changes: object) -> str:
    clips = Clips(frames=FRAMES, sizes=(30,), batch=1, held=0)
    path = folder / "own.json"
    path.write_text(small_recipe(clips=clips, steps=1, lora=None, **changes).model_dump_json(), encoding="utf-8")
    return str(path)


def test_it_goes_on_from_a_pass_with_the_codec_and_texts_beside_it(models: Path, tmp_path: Path) -> None:
    """A second pass from a folder of both takes the second."""
    made_pairs(tmp_path / "pairs", 1)
    recipe, out = write_recipe(tmp_path, number=2, ema=0.0), tmp_path / "run"
    told = json.loads(
        ran("--config", recipe, "--init", str(models), "--data", str(tmp_path / "pairs"), "-o", str(out), "--json")
    )
    assert Path(told["weights"]) == out / "void_pass2.safetensors"
    load(out / "void_pass2.safetensors", drawn_void.CONFIG)
    kept = Recipe.model_validate_json((out / "recipe.json").read_text(encoding="utf-8"))
    assert kept.start == models / "void_pass2.safetensors"
    before, after = drawn_void.weights(2), load_file(out / "void_pass2.safetensors")
    assert all((before[name] - tensor).abs().max() < 0.01 for name, tensor in after.items())


def test_the_tiny_recipe_needs_nothing_that_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path / "kept"))
    made_pairs(tmp_path / "pairs", 1, 13)
    out = tmp_path / "run"
    ran("--config", "tiny", "--steps", "1", "--data", str(tmp_path / "pairs"), "--out", str(out))
    assert load(out / "void_pass1.safetensors").config.num_layers == 2


def test_a_recipe_is_shown_and_read_back(tmp_path: Path) -> None:
    shown = ran("--config", "published", "--pass", "2", "--seed", "3", "--print", "--json")
    (tmp_path / "own.json").write_text(shown, encoding="utf-8")
    assert recipe_of(str(tmp_path / "own.json"), None, {}) == recipe_of("published", 2, {"seed": 3})


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    assert "needs pairs" in ran("--config", "tiny", code=2)
    assert "no such folder" in ran("--config", "tiny", "--data", str(tmp_path / "absent"), "-o", str(tmp_path), code=3)


@pytest.mark.parametrize(
    ("option", "words", "code"), [(("--pass", "2"), "one network", 2), (("--init", "no"), "no", 3)]
)
def test_the_embedded_model_takes_no_pass_and_only_models(
    option: tuple[str, str], words: str, code: int, tmp_path: Path
) -> None:
    said = ran("--config", "nano", "--smoke", "--out", str(tmp_path / "run"), *option, code=code)
    assert words in said
    assert not (tmp_path / "run").exists()
