"""Blocks wait in the computer's memory, or on disk, and are on the device only while they are needed.

By diffusers' group offloading. On CUDA the next block is fetched while one computes, unless that is not wanted.
"""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

from cleanplate.errors import missing_extra
from cleanplate.models.running.transformer import Model


def offload(model: Model, device: torch.device, folder: Path | None = None, *, ahead: bool = True) -> Model:
    """Keep the weights elsewhere, in place; the model is returned. It is called as before, with tensors on the device.

    Args:
        device: where the blocks compute.
        folder: where their weights wait, for a computer with little memory; None keeps them in memory.
        ahead: on CUDA, the next block is fetched while one computes; so two are there at a time.

    Raises:
        ResourceError: diffusers is not installed.
    """
    try:
        from diffusers.hooks import apply_group_offloading
    except ImportError as error:
        raise missing_extra(error.name or "diffusers", "learned") from error
    twice = 2 * sum(part.nbytes for part in model.parameters())
    apply_group_offloading(
        model,
        onload_device=device,
        offload_device=torch.device("cpu"),
        offload_type="block_level",
        num_blocks_per_group=1,
        use_stream=ahead and device.type == "cuda",
        low_cpu_mem_usage=twice > psutil.virtual_memory().available,  # or all is pinned at once: faster
        offload_to_disk_path=None if folder is None else str(folder),
    )
    return model
