"""What the engine generates with, loaded when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch

from cleanplate.models import loading, places
from cleanplate.models.checkpoint import Checkpoint
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.digests import fingerprint
from cleanplate.models.mixture import Mixture
from cleanplate.models.store import codec_of, text_encoder_of, transformer_of
from cleanplate.models.system import System
from cleanplate.models.text.protocol import Encoded
from cleanplate.pipeline.machine import Machine


class Parts(Protocol):
    """A model and what goes with it. Nothing is kept in memory here."""

    def system(self) -> System:
        """What the model is made of."""
        ...

    def digest(self) -> str:
        """Tells weights apart; 64 hexadecimal digits."""
        ...

    def read(self, texts: Sequence[str]) -> Encoded:
        """The texts as the model reads them."""
        ...

    def codec(self) -> Codec:
        """Between videos and latents."""
        ...

    def model(self) -> Mixture:
        """The transformer, where it is to run."""
        ...


class StoredParts:
    """Parts of a folder, a fetched repository or a row of the table; implements `Parts`.

    Args:
        weights: as the user names them.
    """

    def __init__(self, weights: str) -> None:
        self._weights = weights
        self._folder = places.located(weights)

    def system(self) -> System:
        """Raises InputError for a folder that holds none of our models."""
        return loading.read_system(self._folder)

    def digest(self) -> str:
        """Of config and weights. Raises InputError for weights that are not whole."""
        files = Checkpoint.open(self._folder).files
        return fingerprint([self._folder / "config.json", *sorted(set(files.values()))])

    def read(self, texts: Sequence[str]) -> Encoded:
        return text_encoder_of(self.system(), self._folder, device=device_name()).encode(texts)

    def codec(self) -> Codec:
        return codec_of(self.system(), self._folder, device=device_name())

    def model(self) -> Mixture:
        device = device_name()
        dtype = torch.float32 if device == "cpu" else torch.bfloat16
        return transformer_of(Path(self._folder), dtype)[0].to(device)


def device_name() -> str:
    """Where models run."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def device_memory(machine: Machine) -> int:
    """Bytes that are free there."""
    return int(torch.cuda.mem_get_info()[0]) if device_name() == "cuda" else machine.memory_bytes
