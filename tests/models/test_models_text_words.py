"""Words told apart by their digests: any two as far as any others, in their order, and the same everywhere."""

from __future__ import annotations

import hashlib

import pytest
import torch
from torch import Tensor

from cleanplate.errors import UsageError
from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.vocabulary import NANO, words
from cleanplate.models.store.mixtures import text_encoder_of
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.models.text.words import TOKENS, WordEncoder


def states(text: str, channels: int = 384) -> Tensor:
    """Of its words alone."""
    tokens_SD: Tensor = WordEncoder(channels).encode([text]).tokens_BSD[0]
    return tokens_SD[tokens_SD.any(dim=1)]


def test_a_word_is_the_bits_of_its_digest_and_of_that_before_it() -> None:
    said = states("A red, red ball.", 32)
    assert said.shape == (4, 32)
    digest = hashlib.sha256(b"ball").digest()
    bits = [2.0 * (byte >> place & 1) - 1 for byte in digest[:2] for place in range(7, -1, -1)]
    assert said[3, :16].tolist() == bits
    assert torch.equal(said[3, 16:], said[2, :16])
    assert torch.equal(said[2, :16], said[1, :16])
    assert not torch.equal(said[2], said[1])


def test_all_words_of_the_vocabulary_are_far_apart() -> None:
    known = sorted(set().union(*(words(text) for part in vars(NANO).values() for text in part)))
    told = torch.stack([states(word)[0, :192] for word in known]) / 192**0.5
    alike = (told @ told.T).fill_diagonal_(0).abs()
    assert len(known) > 100
    assert float(alike.max()) < 0.4


def test_where_from_and_where_to_are_told_apart() -> None:
    one, other = (states(f"moving from {way}") for way in ("left to right", "right to left"))
    assert sorted(map(tuple, one[:, :192].tolist())) == sorted(map(tuple, other[:, :192].tolist()))
    assert not torch.equal(one.sum(dim=0), other.sum(dim=0))


def test_texts_are_padded_cut_and_read_by_themselves() -> None:
    encoder: TextEncoder = WordEncoder(16)
    long = " ".join(f"word{number}" for number in range(TOKENS + 3))
    found = encoder.encode([long, "", "A ball"])
    assert found.tokens_BSD.shape == (3, TOKENS, 16)
    assert found.tokens_BSD[0].any(dim=1).all()
    assert not found.tokens_BSD[1].any()
    assert [cut and (cut.tokens, cut.text) for cut in found.cuts] == [(3, "word32 word33 word34"), None, None]
    assert torch.equal(encoder.encode(["a BALL!"]).tokens_BSD[0], found.tokens_BSD[2])


@pytest.mark.parametrize("channels", [0, 3, 514])
def test_other_channels_are_refused(channels: int) -> None:
    with pytest.raises(UsageError, match="channels"):
        WordEncoder(channels)


def test_vera_nano_reads_so_and_loads_nothing_for_it() -> None:
    encoder = text_encoder_of(vera_nano())
    assert isinstance(encoder, WordEncoder)
    assert encoder.channels == 384
    assert encoder.loading(["a ball"]) == 0
