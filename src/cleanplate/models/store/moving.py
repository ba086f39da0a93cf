"""From a name or folder to void-nano."""

from __future__ import annotations

from pathlib import Path

import torch

from cleanplate.errors import InputError
from cleanplate.models.catalogue import places, shipped
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.written import read_system
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.store.loading import load
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.digests import fingerprint


def folder_of(name: str) -> Path:
    """Where it lies.

    Raises:
        InputError: no such weights, or not those that the package came with.
        UsageError, ResourceError: see `places.located`.
    """
    if name == shipped.NANO and name not in shipped.SHIPPED and not Path(name).exists():
        raise shipped.absent(name)
    return places.located(name)


def system_of(name: str) -> System:
    """What the model of that folder or name is made of.

    Raises:
        InputError: no such weights, or another model's.
        UsageError, ResourceError: see `folder_of`.
    """
    folder = folder_of(name)
    system = read_system(folder)
    if system.codec != "moves":
        raise InputError(
            "this model does not say where things move to",
            where=str(folder),
            remedy="Name a folder that `cleanplate train void --config nano` has written.",
        )
    return system


def model_of(name: str, device: str) -> tuple[Mixture, System]:
    """It, in 32 bits, whatever is stored. Raises what `system_of` raises."""
    system = system_of(name)
    model, _ = load(folder_of(name), torch.float32)
    return model.to(device), system


def digest_of(name: str) -> str:
    """Tells models apart; 64 hexadecimal digits. Raises InputError for weights that are not whole."""
    folder = folder_of(name)
    return fingerprint([folder / "config.json", *sorted({*Checkpoint.open(folder).files.values()})])
