"""Encoded texts on disk, so that a prompt that was read once never loads its encoder again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cleanplate.files import atomic, disk_errors
from cleanplate.models.text.encoder import padded
from cleanplate.models.text.protocol import Cut, Encoded, TextEncoder
from cleanplate.progress import Progress, Silent


@dataclass(frozen=True)
class Identity:
    """An encoder that is not loaded yet.

    Attributes:
        name, tokens, channels: see `TextEncoder`.
        fingerprint: another one for other weights, another tokenizer, or other numbers.
        nbytes: of its weights, once they are loaded.
    """

    name: str
    tokens: int
    channels: int
    fingerprint: str
    nbytes: int = 0


class CachedEncoder:
    """Implements `TextEncoder`. The encoder is loaded for texts that are not on disk, and let go after them.

    Args:
        identity: of the encoder.
        load: loads it.
        folder: of the cache; it is made at need.
    """

    def __init__(self, identity: Identity, load: Callable[[], TextEncoder], folder: Path) -> None:
        self.name, self.tokens, self.channels = identity.name, identity.tokens, identity.channels
        self._fingerprint, self._load, self._folder = identity.fingerprint, load, folder
        self._nbytes = identity.nbytes

    def encode(self, texts: Sequence[str]) -> Encoded:
        """See the protocol."""
        self.prepare(texts)
        rows, cuts = [], []
        for text in texts:
            states_SD, cut = self._stored(text)
            rows.append(padded(states_SD, self.tokens))
            cuts.append(cut)
        none = torch.zeros(0, self.tokens, self.channels)
        return Encoded(torch.stack(rows) if rows else none, tuple(cuts))

    def prepare(self, texts: Sequence[str], progress: Progress | None = None) -> None:
        """Encode what is not on disk yet: all captions of a data set, say, before training needs the memory."""
        if not (absent := self._absent(texts)):
            return
        encoder = self._load()
        with disk_errors(self._folder), (progress or Silent()).task("Reading texts", total=len(absent)) as tick:
            self._folder.mkdir(parents=True, exist_ok=True)
            for text in absent:
                self._store(text, encoder.encode([text]))
                tick()
        del encoder
        torch.cuda.empty_cache()  # what the encoder had is the transformer's now; nothing without CUDA

    def loading(self, texts: Sequence[str]) -> int:
        """Bytes of weights that are loaded to encode these texts: none where all of them are on disk."""
        return self._nbytes if self._absent(texts) else 0

    def _absent(self, texts: Sequence[str]) -> list[str]:
        return [text for text in dict.fromkeys(texts) if not self._whole(text)]

    def _path(self, text: str) -> Path:
        key = json.dumps([self._fingerprint, self.tokens, text]).encode()
        return self._folder / f"{hashlib.sha256(key).hexdigest()}.safetensors"

    def _whole(self, text: str) -> bool:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self._path(text), framework="pt") as opened:
                return "cut" in (opened.metadata() or {})
        except (OSError, SafetensorError):
            return False

    def _store(self, text: str, encoded: Encoded) -> None:
        """Without the zeros at the end, of which an encoder gives no others."""
        from safetensors.torch import save_file

        states_SD, cut = encoded.tokens_BSD[0], encoded.cuts[0]
        last = int(states_SD.any(dim=1).nonzero().max()) + 1 if states_SD.any() else 0
        left = json.dumps([cut.tokens, cut.text] if cut else None)
        with atomic(self._path(text)) as partial:
            save_file({"states": states_SD[:last].contiguous()}, partial, {"text": text, "cut": left})

    def _stored(self, text: str) -> tuple[Tensor, Cut | None]:
        from safetensors import safe_open

        with safe_open(self._path(text), framework="pt") as opened:
            cut = json.loads(opened.metadata()["cut"])
            return opened.get_tensor("states"), Cut(*cut) if cut else None
