"""Vision-language models of Qwen's kind: what goes in and what comes out, on tiny random weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from asked_clip import LENGTH, asked_clip, says
from cleanplate.errors import InputError, ReasonerError
from cleanplate.models.vlm.qwen import QwenVision, Turn, Written, conversation, load
from cleanplate.pipeline.registry import reasoner
from cleanplate.progress import Silent
from drawn_vlm import write_vlm


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_vlm(tmp_path_factory.mktemp("vlm") / "tiny")


@pytest.fixture(scope="module")
def model(folder: Path) -> QwenVision:
    return load(folder, "cpu")


def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, size, dtype=np.uint8) for size in ((64, 96, 3), (48, 48, 3))]


def test_each_picture_takes_its_tokens(model: QwenVision) -> None:
    """64 x 96 pixels are 4 x 6 patches of 16, merged two by two: 2 x 3 tokens. 48 x 48 become 64 x 64 or so."""
    large, small = pictures()
    inputs = model._inputs([("system", ["look"]), ("user", ["one", large, "two", small, "end"])])
    rows = inputs["image_grid_thw"].tolist()
    assert rows[0] == [1, 4, 6]
    tokens = sum(t * h * w // 4 for t, h, w in rows)
    assert int(inputs["mm_token_type_ids"].sum()) == tokens
    assert inputs["pixel_values"].shape == (4 * tokens, 3 * 2 * 16 * 16)


def test_turns_are_written_as_the_family_writes_them() -> None:
    turns: list[Turn] = [("system", ["Be brief."]), ("user", ["See ", pictures()[0], "?"])]
    assert conversation(turns, [3]) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nSee <|vision_start|><|image_pad|><|image_pad|><|image_pad|><|vision_end|>?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_the_same_turns_get_the_same_text_and_pictures_matter(model: QwenVision) -> None:
    large, _ = pictures()
    first = model.write([("user", ["What is this? ", large])], 12, 60)
    assert first == model.write([("user", ["What is this? ", large])], 12, 60)
    assert first.tokens[1] <= 12
    with torch.inference_mode():
        logits = [
            model._model(**model._inputs([("user", ["What is this? ", image])])).logits[0, -1]
            for image in (large, np.zeros_like(large))
        ]
    assert float((logits[0] - logits[1]).abs().max()) > 1e-4


def test_it_ends_at_the_end_of_its_turn_or_at_a_limit(model: QwenVision, monkeypatch: pytest.MonkeyPatch) -> None:
    written = model.write([("user", ["Go on."])], 4, 60)
    assert not written.late
    end = model._tokenizer.convert_tokens_to_ids("<|im_end|>")
    monkeypatch.setattr(
        model._model, "generate", lambda input_ids, **_: torch.cat([input_ids, torch.tensor([[65, end]])], 1)
    )
    assert model.write([("user", ["Go on."])], 4, 60).ended


def test_no_time_is_said(model: QwenVision) -> None:
    written = model.write([("user", ["Go on."])], 400, 0.05)
    assert written.late or written.ended


@pytest.mark.parametrize("missing", ["preprocessor_config.json", "config.json", "model.safetensors", "tokenizer.json"])
def test_folders_that_are_no_model(folder: Path, tmp_path: Path, missing: str) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / missing).unlink()
    if missing == "tokenizer.json":
        (tmp_path / "copy" / "tokenizer_config.json").unlink()
    with pytest.raises(InputError, match="this model"):
        load(tmp_path / "copy")


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CLEANPLATE_REASONER_MODEL", raising=False)
    return tmp_path


@pytest.mark.slow
def test_a_model_that_babbles_is_refused(folder: Path, alone: Path) -> None:
    """Random weights say nothing that can be used: the whole way, twice, to a clear error."""
    clip, tracks = asked_clip(alone)
    part = reasoner("local", {"model": str(folder), "frames": 2, "side": 192, "max_tokens": 64, "device": "cpu"})
    with clip, pytest.raises(ReasonerError, match="cannot be used, nor could the one before"):
        part.reason(clip, tracks, range(LENGTH), alone, Silent())


def test_an_answer_becomes_a_document(folder: Path, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[Turn]] = []

    def write(self: QwenVision, turns: list[Turn], tokens: int, seconds: float) -> Written:
        asked.append(turns)
        return Written(says("shadow"), ended=True, late=False, tokens=(1, 1))

    monkeypatch.setattr(QwenVision, "write", write)
    clip, tracks = asked_clip(alone)
    with clip:
        for _ in range(2):
            part = reasoner("local", {"model": str(folder), "frames": 2, "side": 192, "device": "cpu"})
            found = part.reason(clip, tracks, range(LENGTH), alone, Silent())
    assert len(asked) == 1
    assert [who for who, _ in asked[0]] == ["system", "user"]
    assert sum(not isinstance(part, str) for part in asked[0][1][1]) == 3
    assert found.affected[0].source.startswith("tiny-")


def test_weights_that_are_not_here_are_named(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANPLATE_MODELS", str(alone / "models"))
    with pytest.raises(ReasonerError, match="Qwen/Qwen3-VL-8B-Instruct is not on this machine") as caught:
        reasoner("local")
    assert "cleanplate models pull" in caught.value.remedy


def test_the_tiny_model_is_of_the_published_layout(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert config["architectures"] == ["Qwen3VLForConditionalGeneration"]
    assert config["model_type"] == "qwen3_vl"
