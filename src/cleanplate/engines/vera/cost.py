"""What a window costs: a count of the transformer's multiplications, and of what is held meanwhile. Without torch."""

from __future__ import annotations

from dataclasses import dataclass

from cleanplate.engines.learned.reading import PROGRAM
from cleanplate.models.catalogue.system import System
from cleanplate.models.footprint import Grid, Region, footprint
from cleanplate.models.running.settings import Running
from cleanplate.models.running.speed import GUESSED, Speed
from cleanplate.models.sampling.settings import Sampling

_PICTURES = 90
"""Bytes in the computer's memory for each of a window's pixels: what goes in and what comes out, as floats."""


@dataclass(frozen=True)
class Load:
    """One window.

    Attributes:
        grid: frames, rows and columns of its tokens.
        region: of the tokens, which are computed and which are context; None where all are computed.
        pixels: samples of its video, of one channel.
    """

    grid: Grid
    region: Region | None
    pixels: int

    @property
    def tokens(self) -> int:
        """Of one branch."""
        return self.grid[0] * self.grid[1] * self.grid[2]

    @property
    def share(self) -> float:
        """Of the tokens that are computed."""
        return 1.0 if self.region is None else self.region.edited


def closeup(system: System, frames: int, pixels: int) -> Load:
    """Of so many frames, which come out as pictures of so many pixels."""
    side, patch = system.closeup or 0, system.transformer.patch
    latents = 1 + -(-(frames - 1) // system.stride[0])
    grid = -(-latents // patch[0]), -(-side // system.multiple[0]), -(-side // system.multiple[1])
    return Load(grid, None, frames * pixels)


@dataclass(frozen=True)
class Way:
    """How a window is drawn.

    Attributes:
        device: `cpu` or `cuda`.
        threads: of a processor.
        speed: of the device; None guesses.
    """

    sampling: Sampling
    running: Running
    device: str
    threads: int = 1
    speed: Speed | None = None


def seconds(system: System, load: Load, way: Way) -> float:
    """Of drawing a window."""
    config, sampling = system.transformer, way.sampling
    asked, looked_at = _tokens(system, load, sampling)
    linear = asked * (12 * config.dim**2 + 4 * config.dim * config.ffn_dim)
    attention = 4 * asked * looked_at * config.dim
    calls = sampling.steps * (1 + (sampling.guided if sampling.guidance > 1 else 0))
    rate, workers = way.speed or GUESSED[way.device], way.threads if way.device == "cpu" else 1
    return calls * config.layers * (linear / rate.linear + attention / rate.attention) / workers


def memory(system: System, load: Load, way: Way) -> int:
    """Bytes at the peak of drawing a window, where the model runs; the model's weights among them."""
    drawn = footprint(system, load.grid, way.running, way.sampling, load.region).peak
    return drawn + (PROGRAM + load.pixels * _PICTURES if way.device == "cpu" else 0)


def _tokens(system: System, load: Load, sampling: Sampling) -> tuple[float, float]:
    """Those that ask in a call on average, and those that are looked at."""
    asked = len(system.transformer.branches) * load.tokens * load.share
    if load.region is None or sampling.economy is None:
        return asked, asked
    context = load.tokens * load.region.context
    return asked + context / sampling.economy.refresh, asked + context
