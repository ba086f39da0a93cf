"""Words told apart by the bits of their digests: for small models that know a list of words, and read no others.

A language model's states of "left" and "right" are nearly the same, as both are sides; a model that has to learn which
is which from few examples learns colours and kinds, and no places. Here any two words are as far apart as any others.
S tokens of D channels.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from cleanplate.errors import UsageError
from cleanplate.models.text.protocol import Cut, Encoded

NAME = "words"
TOKENS = 32
"""What is to be done stands in the first words of an instruction; light and camera come after it."""
_WORD = re.compile(r"[a-z0-9]+")
_MOST = 512
"""Channels at most: twice the bits of a digest."""
_START = ""
"""What stands before the first word."""


class WordEncoder:
    """Implements `TextEncoder`: a token is a word's bits, and those of the word before it, as -1 and 1.

    The word before tells a blue ball from a ball beside something blue, and from left to right from right to left.

    Args:
        channels: even, 512 at most.

    Raises:
        UsageError: any others.
    """

    name, tokens = NAME, TOKENS

    def __init__(self, channels: int) -> None:
        if channels % 2 or not 0 < channels <= _MOST:
            remedy = f"Give an even number up to {_MOST}."
            raise UsageError(f"words cannot be told in {channels} channels", remedy=remedy)
        self.channels = channels

    def encode(self, texts: Sequence[str]) -> Encoded:
        """See the protocol."""
        rows, cuts = torch.zeros(len(texts), self.tokens, self.channels), list[Cut | None]()
        for row_SD, text in zip(rows, texts, strict=True):
            words = _WORD.findall(text.lower())
            read, left = words[: self.tokens], words[self.tokens :]
            for place, pair in enumerate(zip(read, [_START, *read], strict=False)):
                row_SD[place] = torch.cat([_bits(word, self.channels // 2) for word in pair])
            cuts.append(Cut(len(left), " ".join(left)) if left else None)
        return Encoded(rows, tuple(cuts))

    def loading(self, texts: Sequence[str]) -> int:
        """Bytes of weights that are loaded to encode these texts: there are none."""
        return 0

    def prepare(self, texts: Sequence[str], progress: object = None) -> None:
        """Nothing has to be made ready."""


@lru_cache(maxsize=1024)
def _bits(word: str, count: int) -> Tensor:
    """The first so many of a word's SHA-256, each as -1 or 1."""
    digest = int.from_bytes(hashlib.sha256(word.encode()).digest(), "big")
    return torch.tensor([2.0 * (digest >> (255 - place) & 1) - 1 for place in range(count)])
