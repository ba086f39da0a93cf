"""No silent nonsense: what a sampler made is looked at before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from cleanplate.errors import CleanplateError

_FLAT = 1e-6
"""Variance of latents below which there is nothing in them: they are made for about 1."""
_REMEDY = "Try another seed, float32 instead of half precision, or other weights."


def require_finite(videos: Mapping[str, Tensor], step: int) -> None:
    """Raises CleanplateError for a value that is not a number or infinite, naming branch and step."""
    for name, video in videos.items():
        if not torch.isfinite(video).all():
            raise CleanplateError(f"step {step + 1} left numbers in '{name}' that are none", remedy=_REMEDY)


def require_content(videos: Mapping[str, Tensor], inside_THW: Tensor | None = None) -> None:
    """Raises CleanplateError for a branch that is flat in all its channels where something is asked for.

    Args:
        inside_THW: latents where content is asked for; None is everywhere.
    """
    for name, video in videos.items():
        asked = video if inside_THW is None else video[:, :, inside_THW]
        if asked.numel() > 1 and asked.float().var() < _FLAT:
            raise CleanplateError(f"the sampler left '{name}' empty", remedy=_REMEDY)
