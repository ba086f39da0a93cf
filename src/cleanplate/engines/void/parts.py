"""What the engine generates with, loaded when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void.velocity import Rotary
from cleanplate.errors import InputError
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.voids import CODEC, TEXT, VOIDS
from cleanplate.models.codecs.cogvideox import CogVideoXCodec
from cleanplate.models.footprint import spare
from cleanplate.models.running.settings import Running
from cleanplate.models.store import void as store
from cleanplate.models.text.cache import CachedEncoder
from cleanplate.models.text.protocol import Encoded
from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.running import prepared
from cleanplate.models.void.transformer import told
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.digests import fingerprint


class Parts:
    """VOID of a folder, a file beside its parts, a fetched repository or a row of the table. Nothing is kept in memory.

    Args:
        weights: as the user names them.
    """

    def __init__(self, weights: str) -> None:
        self._weights = weights
        self._row = VOIDS.get(weights) if not Path(weights).exists() else None

    def config(self, number: int = 1) -> VoidConfig:
        """What a pass's transformer is made of.

        Raises:
            InputError: no such weights, or none of a transformer that reads noise, mask and plate.
        """
        path = store.weights_of(self._weights, number)
        found, _ = told(Checkpoint.open(path).shapes, path)
        if found.in_channels != 3 * found.channels:
            raise InputError(
                f"this transformer reads {found.in_channels} channels; VOID reads noise, mask and plate, "
                f"{3 * found.channels} in all",
                where=str(path),
                remedy="Name weights of VOID; those of its base only start a training.",
            )
        return found

    def has(self, number: int) -> bool:
        """Whether there are weights of a pass."""
        try:
            store.weights_of(self._weights, number)
        except InputError:
            return False
        return True

    def digest(self, numbers: Sequence[int]) -> str:
        """Tells weights of passes, codec and text encoder apart; 64 hexadecimal digits.

        Raises:
            InputError: some of it is not on this machine, or not whole.
        """
        folders = [*places.part(CODEC, self._beside), *places.part(TEXT, self._beside)[:1]]
        paths = [*(store.weights_of(self._weights, number) for number in numbers), *folders]
        return fingerprint(file for path in paths for file in sorted({*Checkpoint.open(path).files.values()}))

    def read(self, texts: Sequence[str]) -> Encoded:
        """The texts as the model reads them; the encoder is let go."""
        device = device_name()
        if device != "cpu" and self.reading(texts) > spare(torch.cuda.mem_get_info()[0]):
            device = "cpu"  # an encoder larger than the transformer reads slowly there, but once
        return self._reader(device).encode(texts)

    def reading(self, texts: Sequence[str]) -> int:
        """Bytes of the encoder that has to be loaded for these texts; 0 where they were read before."""
        return self._reader("cpu").loading(texts)

    def codec(self, running: Running) -> CogVideoXCodec:
        """Between videos and latents."""
        return store.codec_of(self._beside, self.config(), tile=running.tile, device=device_name())

    def transformer(self, number: int, running: Running) -> Any:
        """That of a pass, where and as it is to run."""
        model = store.transformer_of(self._weights, number, getattr(torch, running.dtype))
        return prepared(model, running, torch.device(device_name()))

    def rotary(self) -> Rotary:
        """Where tokens are told to be."""
        return partial(rotary, self.config(), device=device_name())

    @property
    def _beside(self) -> Path | None:
        """The folder with codec and text encoder; None where they are fetched by themselves."""
        if self._row is not None:
            return None
        where = places.located(self._weights)
        return where if where.is_dir() else where.parent

    def _reader(self, device: str) -> CachedEncoder:
        return store.text_encoder_of(self._beside, self.config(), device=device)
