"""How much memory sampling takes, said before anything is loaded. Without torch.

Counted are the tensors that live at the moments when most do: weights, a block's activations, what outlives a call,
and the codec's. Not the text encoder, which is let go before the transformer is loaded; not the workspace of kernels,
what a device takes for itself and what lies in fragments between tensors: for these `fitting` leaves something free.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from cleanplate.models.catalogue.system import System
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.running.settings import Running
from cleanplate.models.sampling.settings import Sampling

Grid = tuple[int, int, int]
_BYTES = {"float32": 4, "bfloat16": 2}
_FLOAT = 4
_RESERVE = 0.05
"""Part of a device's memory that `fitting` leaves free, and at least:"""
_LEAST_RESERVE = 600_000_000
_TILE = 256
_WAN_CODEC = 126_892_531
_WAN_SAMPLES = 5500
"""Parameters of Wan2.1's autoencoder, and values that live at its decoder's peak for a pixel of a picture; measured."""
_LIGHT_CODECS = {"pixel": 3, "nano-codec": 12}
"""Small codecs, and how many copies of the video they hold at their peak."""
_SOLVER_LATENTS = 12
"""Float32 latents of every branch that the sampler and its solver hold: noise, sample, history, clean, answers."""


@dataclass(frozen=True)
class Footprint:
    """Bytes.

    Attributes:
        weights: of the transformer, as many as are on the device at a time.
        activations: of one call of it, at its peak.
        kept: what outlives a call: keys and values, and what the blocks added.
        latents: of the sampler.
        codec: weights and peak of the codec, which works when the transformer does not.
    """

    weights: int
    activations: int
    kept: int
    latents: int
    codec: int

    @property
    def peak(self) -> int:
        """The most at a time. The transformer's weights stay where they are while the codec works."""
        return self.weights + self.latents + max(self.activations + self.kept, self.codec)


@dataclass(frozen=True)
class Region:
    """Attributes: part of the tokens that is edited, with its ring, and part that is context; both 0..1."""

    edited: float
    context: float


def tokens_of(system: System, frames: int, rows: int, columns: int) -> Grid:
    """The grid of tokens of a video of a size that the system's stride and patch fit."""
    size = (1 + (frames - 1) // system.stride[0], rows // system.stride[1], columns // system.stride[2])
    return (
        size[0] // system.transformer.patch[0],
        size[1] // system.transformer.patch[1],
        size[2] // system.transformer.patch[2],
    )


def footprint(
    system: System, grid: Grid, running: Running, sampling: Sampling, region: Region | None = None
) -> Footprint:
    """Of sampling one clip.

    Args:
        grid: of tokens, see `tokens_of`.
        region: needed where the sampling has an economy.
    """
    config, length = system.transformer, prod(grid)
    clips = 2 if sampling.batched and sampling.guidance > 1 else 1
    asked = dict.fromkeys((branch.name for branch in config.branches), length)
    if sampling.economy is not None and region is not None:
        asked = dict.fromkeys(asked, round(region.edited * length))
        asked["composite"] = round((region.edited + region.context) * length)
    latents = length * config.patch_samples * _FLOAT
    return Footprint(
        weights=_resident(config, running),
        activations=clips * _activations(config, asked, running) + _conditions(config, latents, clips),
        kept=_kept(config, asked, running, sampling),
        latents=_SOLVER_LATENTS * len(config.branches) * latents,
        codec=_codec(system, grid, running),
    )


def fitting(
    system: System,
    grid: Grid,
    available: int,
    *,
    wanted: Running | None = None,
    sampling: Sampling | None = None,
    region: Region | None = None,
) -> Running | None:
    """The gentlest way to run an accelerator of so many bytes; see `ways`.

    Returns:
        None where even the last of these takes too much.
    """
    sampling, free = sampling or Sampling(), spare(available)
    choices = ways(system, wanted or Running())
    return next((way for way in choices if footprint(system, grid, way, sampling, region).peak <= free), None)


def ways(system: System, wanted: Running, *, waiting: bool = True) -> Iterator[Running]:
    """As wanted; in tiles; in tiles, with blocks that wait; in tiles, in 8 bits; all of these.

    Tiles blend where they meet; blocks that wait cost time but change nothing; 8 bits change the answers a little.

    Args:
        waiting: blocks can wait elsewhere, since the model runs on an accelerator.
    """
    tiled: dict[str, Any] = {} if system.codec in _LIGHT_CODECS else {"tile": wanted.tile or _TILE}
    small, wait = {"fp8": True}, {"offload": True} if waiting else {}
    yield from dict.fromkeys(
        wanted.model_copy(update=changes) for changes in ({}, tiled, tiled | wait, tiled | small, tiled | wait | small)
    )


def waiting(system: System, running: Running) -> int:
    """Bytes of the computer's memory in which blocks wait."""
    return _resident(system.transformer, running.model_copy(update={"offload": False})) if running.offload else 0


def spare(available: int) -> int:
    """Of so many free bytes those that may be planned with."""
    return available - max(_LEAST_RESERVE, round(_RESERVE * available))


def parameters(config: MixtureConfig) -> int:
    """Of the transformer."""
    matrices, rows, vectors = _block(config)
    return config.layers * (matrices + rows + vectors) + _outside(config)


def _block(config: MixtureConfig) -> tuple[int, int, int]:
    """Of one block's linear layers the weights and the rows, each with its bias; and everything else in it."""
    towers = {config.tower(branch.name): branch.cross_attention for branch in config.branches}
    readers = sum(text != "none" for text in towers.values())
    attentions = len(towers) + sum(text == "own" for text in towers.values()) + ("shared" in towers.values())
    dim, inner = config.dim, config.ffn_dim
    matrices = 4 * dim * dim * attentions + 2 * dim * inner * len(towers)
    rows = 4 * dim * attentions + (inner + dim) * len(towers)
    return matrices, rows, 2 * dim * attentions + 6 * dim * len(towers) + 2 * dim * readers


def _outside(config: MixtureConfig) -> int:
    """Parameters of what is no block."""
    dim, samples = config.dim, config.patch_samples
    text = (config.text_dim + 1 + dim + 1) * dim * config.reads
    time = (config.frequency_dim + 1 + dim + 1) * dim + 6 * dim * (dim + 1)
    told = config.told * prod(config.patch)
    inputs = (len(config.towers) * (samples + 1) + len(config.conditions) * (told + 1)) * dim
    places = len(config.towers) * (6 * config.waves + 1) * dim if config.waves else 0
    layers = sum(branch.layer_embedding for branch in config.branches) * dim
    heads = len(config.towers) * (2 * dim + (dim + 1) * samples)
    return text + time + inputs + places + layers + heads


def _resident(config: MixtureConfig, running: Running) -> int:
    """Bytes of the weights that are on the device together; of blocks that wait, the one that computes and the next."""
    size = _BYTES[running.dtype]
    matrices, rows, vectors = _block(config)
    block = (matrices + _FLOAT * rows if running.fp8 else matrices * size) + (rows + vectors) * size
    there = min(2 if running.ahead else 1, config.layers) if running.offload else config.layers
    return there * block + _outside(config) * size


def _activations(config: MixtureConfig, asked: dict[str, int], running: Running) -> int:
    """Bytes at the peak of one call for one clip: in a block, of the last and of the widest branch.

    The tokens are there twice, as they came in from outside and as they are; then come queries, keys and values;
    then either their joined copies and the answer, or the answer and the inside of a branch's feed-forward.
    """
    size, dim, total, widest = _BYTES[running.dtype], config.dim, sum(asked.values()), max(asked.values())
    one, every = widest * dim * size, total * dim * size
    hidden, unfolded = widest * config.ffn_dim * size, 2 * config.ffn_dim * dim * size if running.fp8 else 0
    looked = 3 * every + 2 * one + 4 * widest * dim * _FLOAT
    joined = 7 * every
    fed = 4 * every + one + max(one + hidden + max(hidden, unfolded), 3 * widest * dim * _FLOAT)
    turns = config.head_dim * _FLOAT * (total + widest)
    return 2 * every + turns + max(looked, joined, fed)


def _conditions(config: MixtureConfig, latents: int, clips: int) -> int:
    """Bytes of the noisy latents, conditions and answers of a call."""
    return clips * latents * (2 * len(config.branches) + len(config.conditions))


def _kept(config: MixtureConfig, asked: dict[str, int], running: Running, sampling: Sampling) -> int:
    """Bytes that outlive a call, for as many questions as a step asks."""
    questions = 2 if sampling.guidance > 1 else 1
    vector = questions * config.dim * _BYTES[running.dtype]
    keys = 2 * config.layers * asked.get("composite", 0) * vector if sampling.economy is not None else 0
    cache = sampling.cache
    residuals = 0 if cache is None else (cache.order + 2 + cache.leading) * sum(asked.values()) * vector
    return keys + residuals


def _codec(system: System, grid: Grid, running: Running) -> int:
    """Bytes of the codec, in float32: its weights, its peak at one tile, and two copies of the video that it makes."""
    strides = [step * patch for step, patch in zip(system.stride, system.transformer.patch, strict=True)]
    rows, columns = grid[1] * strides[1], grid[2] * strides[2]
    video = 3 * grid[0] * strides[0] * rows * columns * _FLOAT
    if system.codec in _LIGHT_CODECS:
        return _LIGHT_CODECS[system.codec] * video
    tile = running.tile or max(rows, columns)
    return (_WAN_CODEC + _WAN_SAMPLES * min(rows, tile) * min(columns, tile)) * _FLOAT + 2 * video
