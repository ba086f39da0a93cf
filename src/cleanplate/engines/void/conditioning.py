"""What the transformer is told beside the noise: quadmask and plate as videos for the codec, and its 48 channels.

Both go through the codec in conventions of the published weights: the plate in -1..1 with a little noise, the mask in
0..1, not stretched to -1..1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.noise import video_noise
from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, Labels
from cleanplate.models.void.schedule import NOISE

_BLACK = -1.0
_TOLD = np.full(256, np.nan, np.float32)
_TOLD[[REMOVE, OVERLAP, AFFECTED, KEEP]] = 0, 0, 128 / 255, 1


def mask_video(labels: Labels) -> Tensor:
    """3 x H x W for the codec, in 0..1: 0 remove and overlap, 128 / 255 affected, 1 keep.

    Raises:
        ValueError: a sample that is no label.
    """
    values = _TOLD[labels]
    if np.isnan(values).any():
        raise ValueError("a sample is no label")
    return torch.from_numpy(values).expand(3, -1, -1)


def plate_video(picture: Real) -> Tensor:
    """3 x H x W for the codec, in -1..1, of R'G'B' in 0..1."""
    return torch.from_numpy(picture).permute(2, 0, 1) * 2 - 1


def noisy(video_3HW: Tensor, noise: Tensor, strength: float = NOISE) -> Tensor:
    """With noise of that deviation, but for samples that are exactly black."""
    return torch.where(video_3HW == _BLACK, video_3HW, (strength * noise).add_(video_3HW))


def masks(labels: Iterable[Labels]) -> Iterator[Tensor]:
    """The quadmask's video, frame by frame."""
    return map(mask_video, labels)


def plates(pictures: Iterable[Real], seed: int, span: int = 0, strength: float = NOISE) -> Iterator[Tensor]:
    """The plate's video, frame by frame; the same noise for the same seed, span and place."""
    for place, picture in enumerate(pictures):
        video = plate_video(picture)
        yield noisy(video, video_noise(seed, span, place, tuple(video.shape)), strength) if strength else video


def reader(video: Iterator[Tensor]) -> Callable[[int, int], Tensor]:
    """How the codec reads a video of 3 x H x W frames: 1 x 3 x T x H x W of those from one up to another, in order."""

    def read(start: int, stop: int) -> Tensor:
        return torch.stack([next(video) for _ in range(start, stop)], dim=1)[None]

    return read


def told(mask: Iterable[Tensor], plate: Iterable[Tensor]) -> Iterator[Tensor]:
    """What is known: latent frames of the mask, then the plate's, 2 C x H x W each.

    Args:
        mask, plate: scaled latents as the codec gives them, 1 x C x T x H x W at a time.

    Raises:
        ValueError: they are not of the same length.
    """
    for pair in zip(_frames(mask), _frames(plate), strict=True):
        yield torch.cat(pair)


def model_input(noisy_BFCHW: Tensor, known_BFCHW: Tensor) -> Tensor:
    """What the transformer takes: noise, mask, plate."""
    return torch.cat((noisy_BFCHW, known_BFCHW), dim=2)


def _frames(latents: Iterable[Tensor]) -> Iterator[Tensor]:
    for part in latents:
        yield from part[0].unbind(dim=1)
