"""A loaded model made ready to run as the user asked."""

from __future__ import annotations

import torch

from cleanplate.models.running.compiled import compile_blocks
from cleanplate.models.running.fp8 import shrink
from cleanplate.models.running.offload import offload
from cleanplate.models.running.settings import Running
from cleanplate.models.running.transformer import Model
from cleanplate.models.tokens.backends import kernel


def prepared(model: Model, running: Running, device: torch.device) -> Model:
    """The model, changed in place: its type, its weights, where these are, and how it attends.

    Raises:
        ResourceError: a package is missing.
    """
    model = model.to(getattr(torch, running.dtype)).requires_grad_(False)
    model.attend = kernel(running.attention)
    if running.fp8:
        shrink(model)
    if running.compiled:
        compile_blocks(model)
    return offload(model, device, ahead=running.ahead) if running.offload else model.to(device)
