"""Tensors in files that are mapped into memory, where they outlive calls and would not fit beside the model."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from cleanplate.files import disk_errors, reserve


class Shelf:
    """A `memory.Keep`. What is mapped is given back to the system as it needs room.

    Args:
        folder: is made. Its files are of use to this object alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, Tensor] = {}

    def __call__(self, part: Tensor, name: str) -> Tensor:
        """The part in a file of that name, on the CPU. Raises ResourceError where the disk is full."""
        held = self._held.get(name)
        if held is None or (held.shape, held.dtype) != (part.shape, part.dtype):
            held = self._held[name] = self._mapped(part, self._folder / name)
        held.copy_(part.detach())
        return held

    def _mapped(self, like: Tensor, path: Path) -> Tensor:
        if not like.numel():
            return torch.empty_like(like)  # no file is of no length
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.touch()
            reserve(path, like.nbytes)
        return torch.from_file(str(path), shared=True, size=like.numel(), dtype=like.dtype).view(like.shape)
