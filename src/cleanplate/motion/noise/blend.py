"""Noise degradation: how much of the warped noise is replaced by new noise, and so how firmly it guides the motion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Noise = NDArray[np.float32]


def degraded(noise: Noise, fresh: Noise, gamma: float) -> Noise:
    """((1 - γ)·noise + γ·fresh) / √((1 - γ)² + γ²): white and of unit variance for every γ in 0..1 (the paper's).

    Raises:
        ValueError: γ outside 0..1.
    """
    _check(gamma)
    return np.asarray(((1 - gamma) * noise + gamma * fresh) / sqrt((1 - gamma) ** 2 + gamma**2), np.float32)


def degraded_as_published(noise: Noise, fresh: Noise, gamma: float) -> Noise:
    """(√(1 - γ)·noise + √γ·fresh) / √((1 - γ)² + γ²), as VOID's second pass was trained, with γ drawn from 0..0.3.

    Its divisor belongs to the weights 1 - γ and γ, so that the variance rises with γ: see `published_std`.
    """
    _check(gamma)
    return np.asarray((sqrt(1 - gamma) * noise + sqrt(gamma) * fresh) * published_std(gamma), np.float32)


def published_std(gamma: float) -> float:
    """The standard deviation that `degraded_as_published` gives to unit noise."""
    return 1 / sqrt((1 - gamma) ** 2 + gamma**2)


def degraded_latents(latents: Iterable[Noise], gamma: float, *, seed: int) -> Iterator[Noise]:
    """Each latent of a clip `degraded` by the same γ, its new noise drawn from (`seed`, latent)."""
    for index, latent in enumerate(latents):
        # The third number keeps these draws apart from those of the frames, which are seeded by two.
        rng = np.random.default_rng([seed, index, 1])
        yield degraded(latent, rng.standard_normal(latent.shape, np.float32), gamma)


def _check(gamma: float) -> None:
    if not 0 <= gamma <= 1:
        raise ValueError(f"degradation of {gamma}: it lies in 0..1")
