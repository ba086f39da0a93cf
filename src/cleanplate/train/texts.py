"""Instructions to tokens, each encoded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from cleanplate.models.text.protocol import TextEncoder


class KeptTexts:
    """Keeps what an encoder made of the texts of late.

    Args:
        most: texts that are kept in memory.
    """

    def __init__(self, encoder: TextEncoder, most: int = 512) -> None:
        self._encoder, self._most = encoder, most
        self._kept: OrderedDict[str, Tensor] = OrderedDict()

    def of(self, texts: Sequence[str]) -> Tensor:
        """B x S x D float32, on the CPU."""
        if absent := [text for text in dict.fromkeys(texts) if text not in self._kept]:
            self._kept |= zip(absent, self._encoder.encode(absent).tokens_BSD, strict=True)
        for text in texts:
            self._kept.move_to_end(text)
        found = torch.stack([self._kept[text] for text in texts])
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found
