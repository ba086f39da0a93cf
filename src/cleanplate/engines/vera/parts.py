"""What the engine generates with, loaded when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch

from cleanplate.engines.learned.device import device_name
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.shipped import FINDER, PARTS, PLACER
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.written import read_system
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.finding.finder import Finder
from cleanplate.models.footprint import spare
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.placing.placer import Placer
from cleanplate.models.running.prepare import prepared
from cleanplate.models.running.settings import Running
from cleanplate.models.store.mixtures import codec_of, finder_of, placer_of, text_encoder_of, transformer_of
from cleanplate.models.text.protocol import Encoded
from cleanplate.models.text.words import NAME as WORDS
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.digests import fingerprint


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

    def reading(self, texts: Sequence[str]) -> int:
        """Bytes of the encoder that has to be loaded for these texts; 0 where they were read before."""
        ...

    def codec(self, running: Running) -> Codec:
        """Between videos and latents."""
        ...

    def placer(self) -> Placer:
        """What says where close-ups go."""
        ...

    def finder(self) -> Finder:
        """What finds the things that a change of background keeps."""
        ...

    def model(self, running: Running) -> Mixture:
        """The transformer, where and as it is to run."""
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
        return read_system(self._folder)

    def digest(self) -> str:
        """Of configs and weights, also of the small models that go with them. Raises InputError for weights that are
        not whole."""
        system = self.system()
        small = {PLACER: system.closeup is not None, FINDER: system.text == WORDS}
        wanted = {system.codec} | {name for name, needed in small.items() if needed}
        beside = (places.part(name, self._folder)[0] for name in sorted(wanted & PARTS.keys()))
        return fingerprint(path for folder in (self._folder, *beside) for path in _files(folder))

    def read(self, texts: Sequence[str]) -> Encoded:
        device = device_name()
        if device != "cpu" and self.reading(texts) > spare(torch.cuda.mem_get_info()[0]):
            device = "cpu"  # an encoder larger than the transformer reads slowly there, but once
        return text_encoder_of(self.system(), self._folder, device=device).encode(texts)

    def reading(self, texts: Sequence[str]) -> int:
        return text_encoder_of(self.system(), self._folder).loading(texts)

    def codec(self, running: Running) -> Codec:
        return codec_of(self.system(), self._folder, tile=running.tile, device=device_name())

    def placer(self) -> Placer:
        return placer_of(self.system(), self._folder)

    def finder(self) -> Finder:
        return finder_of(self._folder)

    def model(self, running: Running) -> Mixture:
        model = transformer_of(Path(self._folder), getattr(torch, running.dtype))[0]
        return prepared(model, running, torch.device(device_name()))


def _files(folder: Path) -> list[Path]:
    """Config and weights."""
    return [folder / "config.json", *sorted(set(Checkpoint.open(folder).files.values()))]
