"""Noise that is the same on every device, and for a frame whatever comes before it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

_LATENTS, _VIDEO, _WARPED = 0, 1, 2


def latent_noise(seed: int, span: int, shape_FCHW: tuple[int, int, int, int]) -> Iterator[Tensor]:
    """What a span's diffusion starts from: standard normal, latent frame by latent frame, C x H x W."""
    frames, *shape = shape_FCHW
    return (_drawn(shape, seed, _LATENTS, span, frame) for frame in range(frames))


def video_noise(seed: int, span: int, frame: int, shape: tuple[int, ...]) -> Tensor:
    """Standard normal for one frame of a span's conditioning video."""
    return _drawn(shape, seed, _VIDEO, span, frame)


def warped_seed(seed: int, span: int) -> int:
    """Of the noise that a span's second pass starts from, see `motion.noise`."""
    return _mixed(seed, _WARPED, span)


def _drawn(shape: list[int] | tuple[int, ...], seed: int, *place: int) -> Tensor:
    generator = torch.Generator().manual_seed(_mixed(seed, *place))
    return torch.randn(tuple(shape), generator=generator)


def _mixed(seed: int, *place: int) -> int:
    words = np.random.SeedSequence([seed % (1 << 64), *place]).generate_state(2, np.uint32)
    return int(words[0]) << 32 | int(words[1])
