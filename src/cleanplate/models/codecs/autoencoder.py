"""Autoencoders of diffusers, from their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from cleanplate.errors import InputError, missing_extra
from cleanplate.models.weights.checkpoint import Checkpoint


def load_autoencoder(kind: str, folder: Path, dtype: torch.dtype, device: str | None, remedy: str) -> Any:
    """The autoencoder of a folder with its config.json and safetensors, as the hub has it under `vae`; to evaluate.

    Args:
        kind: the name of diffusers' class.
        device: torch device; None is the CPU.
        remedy: what to say where it is another model's.

    Raises:
        InputError: no such folder, a pickle, half a download, or weights of another model.
        ResourceError: diffusers is not installed.
    """
    try:
        import diffusers
    except ImportError as error:
        raise missing_extra(error.name or "diffusers", "learned") from error
    Checkpoint.open(folder)
    try:
        autoencoder, report = getattr(diffusers, kind).from_pretrained(
            folder, torch_dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError("the autoencoder cannot be loaded", where=str(folder), remedy=remedy) from error
    if wrong := [*report["missing_keys"], *report["unexpected_keys"]]:
        raise InputError(f"these are not the autoencoder's weights: {wrong[0]}", where=str(folder), remedy=remedy)
    return autoencoder.eval().to(device or "cpu")
