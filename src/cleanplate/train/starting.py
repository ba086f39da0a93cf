"""The weights that a run of our own transformer begins with."""

from __future__ import annotations

from pathlib import Path

import torch

from cleanplate.errors import InputError
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.mixture.initial import initialise
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.store.loading import load


def begun(transformer: MixtureConfig, start: Path | None, seed: int) -> Mixture:
    """Drawn from the seed, or loaded; float32.

    Raises:
        InputError: weights of another model than the recipe's.
    """
    if start is None:
        return initialise(Mixture(transformer), torch.Generator().manual_seed(seed))
    model, system = load(start, torch.float32)
    if system.transformer != transformer:
        raise InputError(
            "these weights are of another transformer than the recipe's",
            where=str(start),
            remedy="Make them with `cleanplate models convert`, to the model that the recipe names.",
        )
    return model
