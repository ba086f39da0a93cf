"""Where tokens are told to be: the rotary embedding of CogVideoX 1.5, by diffusers."""

from __future__ import annotations

import torch
from torch import Tensor

from cleanplate.models.void.config import PATCH, VoidConfig


def rotary(
    config: VoidConfig, frames: int, rows: int, columns: int, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Cosines and sines for the tokens of a window; each window counts its frames from 0.

    Args:
        frames, rows, columns: of the window's latents; the patch divides them.

    Returns:
        Two float32 tensors, tokens x head channels: a quarter of the channels for time, three eighths for rows, as
        many for columns.

    Raises:
        ValueError: the patch does not divide the window, or it is larger than the model's grid.
    """
    from diffusers.models.embeddings import get_3d_rotary_pos_embed

    size, most = (frames, rows, columns), (frames, config.rows, config.columns)
    if any(length % step for length, step in zip(size, PATCH, strict=True)):
        raise ValueError(f"patches of {PATCH} do not divide latents of {size}")
    if any(length > limit for length, limit in zip(size, most, strict=True)):
        raise ValueError(f"latents of {size} are larger than the {config.rows} x {config.columns} that the model knows")
    cosines, sines = get_3d_rotary_pos_embed(
        embed_dim=config.head_dim,
        crops_coords=None,
        grid_size=(rows // PATCH[1], columns // PATCH[2]),
        temporal_size=frames // PATCH[0],
        grid_type="slice",
        max_size=(config.rows // PATCH[1], config.columns // PATCH[2]),
        device=device,
    )
    return cosines, sines
