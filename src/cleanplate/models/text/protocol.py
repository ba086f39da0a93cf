"""What every text encoder does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class Cut:
    """The end of a text that an encoder did not read.

    Attributes:
        tokens: how many.
        text: the words.
    """

    tokens: int
    text: str


@dataclass(frozen=True)
class Encoded:
    """Encoded texts.

    Attributes:
        tokens_BSD: float32; zeros after a text's last token, up to the encoder's `tokens`.
        cuts: by text, what was left out, or None.
    """

    tokens_BSD: Tensor
    cuts: tuple[Cut | None, ...]


class TextEncoder(Protocol):
    """Texts to tokens.

    Attributes:
        name: in the table of text encoders.
        tokens: the most that it reads, its end token among them.
        channels: of a token.
    """

    name: str
    tokens: int
    channels: int

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Every text by itself: what it is encoded to does not depend on the others. An empty one is allowed."""
        ...
