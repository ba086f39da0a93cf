"""What a window costs: a count of the transformer's multiplications, and of what is held meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from cleanplate.models.config import MixtureConfig
from cleanplate.models.counting import size_of
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.system import System

_RATES = {"cpu": 2.5e10, "cuda": 1.5e14}
"""Multiply-adds a second, counted twice; for a thread of a processor, or for a whole accelerator."""
_SAMPLE = {"cpu": 4, "cuda": 2}
_LIVE = 24
"""Tensors of a token's size that a block holds at once, its feed-forward's among them."""
_CODED = 90
"""Bytes that coding takes for each of a window's pixels: videos as floats, in and out, and the widest layer's share."""
_PROGRAM = 400_000_000


@dataclass(frozen=True)
class Load:
    """One window.

    Attributes:
        grid: frames, rows and columns of its tokens.
        share: of the tokens that may change, 0..1.
        pixels: samples of its video, of one channel.
    """

    grid: tuple[int, int, int]
    share: float
    pixels: int

    @property
    def tokens(self) -> int:
        """Of one branch."""
        return self.grid[0] * self.grid[1] * self.grid[2]


def seconds(system: System, load: Load, sampling: Sampling, *, device: str, threads: int) -> float:
    """Of drawing a window."""
    config, branches = system.transformer, len(system.transformer.branches)
    share = load.share if sampling.economy is not None else 1.0
    asked = branches * load.tokens * share
    looked_at = asked + load.tokens * (1 - share)
    linear = asked * (12 * config.dim**2 + 4 * config.dim * config.ffn_dim)
    attention = 4 * asked * looked_at * config.dim
    calls = sampling.steps * (1 + (sampling.guided if sampling.guidance > 1 else 0))
    rate = _RATES[device] * (threads if device == "cpu" else 1)
    return calls * config.layers * (linear + attention) / rate


def memory(system: System, load: Load, sampling: Sampling, *, device: str) -> int:
    """Bytes at the peak of drawing a window, the model's weights among them."""
    config, sample = system.transformer, _SAMPLE[device]
    working = len(config.branches) * load.tokens * config.dim * sample * _LIVE
    kept = 0
    if sampling.economy is not None:
        passes = 2 if sampling.guidance > 1 else 1
        kept = round(2 * passes * config.layers * load.tokens * config.dim * sample)
    return _PROGRAM + weights(config, device=device) + max(working + kept, load.pixels * _CODED)


def weights(config: MixtureConfig, *, device: str) -> int:
    """Bytes of the transformer."""
    return size_of(config).parameters * _SAMPLE[device]
