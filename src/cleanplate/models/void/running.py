"""VOID's transformer made ready to run as the user asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cleanplate.models.running import prepare
from cleanplate.models.running.settings import Running
from cleanplate.models.void.joint import VoidTransformer

if TYPE_CHECKING:
    from diffusers import CogVideoXTransformer3DModel


def prepared(model: CogVideoXTransformer3DModel, running: Running, device: torch.device) -> VoidTransformer:
    """The model, taken over and changed in place: its type, its weights, where these are, and how it attends.

    The published code's mode of 8 bits converts nothing; here the blocks' layers are in 8 bits in memory, see `fp8`.

    Raises:
        ResourceError: a package is missing.
    """
    return prepare.prepared(VoidTransformer(model), running, device)
