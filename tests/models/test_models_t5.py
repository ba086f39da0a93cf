"""T5 as VOID hears it: CogVideoX's own pipeline as the reference, padding that is read, the cache, old tokenizers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from diffusers import CogVideoXPipeline
from torch import Tensor

from cleanplate.errors import InputError, ResourceError
from cleanplate.models.store.void import text_encoder_of
from cleanplate.models.text import t5
from cleanplate.models.text.encoder import TransformersEncoder, load_tokenizer
from drawn_parts import TEXT_DIM, tokenizer
from drawn_void import CONFIG, write_parts
from drawn_void import t5 as drawn_t5

PROMPTS = ["a red ball", "  the dog &amp;  a\n\tball ", "", "snow " * 300]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("void"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TransformersEncoder:
    return t5.load(folder / "text_encoder", folder / "tokenizer", torch.float32)


def cogvideoxs(prompts: Sequence[str]) -> Tensor:
    """What CogVideoX's pipeline makes of prompts."""
    nothing = {"vae": None, "scheduler": None, "transformer": None}
    pipeline = CogVideoXPipeline(tokenizer=tokenizer(), text_encoder=drawn_t5(), **nothing)
    with torch.no_grad():
        encoded: Tensor = pipeline.encode_prompt(
            list(prompts), do_classifier_free_guidance=False, max_sequence_length=226, device=torch.device("cpu")
        )[0]
    return encoded


def test_prompts_are_encoded_as_cogvideoxs_pipeline_does(encoder: TransformersEncoder) -> None:
    encoded = encoder.encode(PROMPTS)
    assert encoded.tokens_BSD.shape == (4, 226, TEXT_DIM)
    torch.testing.assert_close(encoded.tokens_BSD, cogvideoxs(PROMPTS), rtol=0, atol=1e-5)
    assert bool(encoded.tokens_BSD.any(dim=2).all())
    assert encoded.cuts[:3] == (None, None, None)
    cut = encoded.cuts[3]
    assert cut is not None
    assert cut.tokens == 300 - 225


def test_a_prompt_that_was_read_loads_no_encoder(
    folder: Path, encoder: TransformersEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANPLATE_MODELS", str(tmp_path))
    first = text_encoder_of(folder, CONFIG, dtype=torch.float32)
    assert first.loading(PROMPTS) > 0
    read = first.encode(PROMPTS)
    assert torch.equal(read.tokens_BSD, encoder.encode(PROMPTS).tokens_BSD)
    monkeypatch.setattr(t5, "load_model", None)
    again = text_encoder_of(folder, CONFIG, dtype=torch.float32)
    assert again.loading(PROMPTS) == 0
    assert torch.equal(again.encode(PROMPTS).tokens_BSD, read.tokens_BSD)
    assert text_encoder_of(folder, CONFIG).loading(PROMPTS) > 0


def test_another_encoder_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="makes 12 channels; the model wants 4096"):
        text_encoder_of(folder)


@pytest.mark.parametrize("package", ["sentencepiece", "google.protobuf"])
def test_an_old_tokenizer_says_what_it_wants(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spiece.model").write_bytes(b"")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ResourceError, match=r"package '.*', which is not installed.*cleanplate\[learned\]"):
        load_tokenizer(tmp_path)


def test_an_old_tokenizer_is_read_as_sentencepiece_reads_it(tmp_path: Path) -> None:
    """Of T5's kind: padding, end and unknown come first."""
    sentencepiece = pytest.importorskip("sentencepiece")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a red ball falls on the table", "the dog eats the red snow", "balls of snow"] * 20),
        model_prefix=str(tmp_path / "spiece"),
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
    )
    (tmp_path / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "additional_special_tokens": []}', encoding="utf-8"
    )
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "spiece.model"))
    ours = load_tokenizer(tmp_path)
    for text in ("a red ball", "the  dog, on snow", "q"):
        assert ours(text)["input_ids"] == [*theirs.encode(text), 1]
