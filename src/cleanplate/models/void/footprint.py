"""How much memory VOID takes, said before anything is loaded. Without torch.

Counted as in `models.footprint`: tensors that live at the moments when most do. Never are two of the networks in memory
together, so a run takes what the largest of its stages takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from cleanplate.models.footprint import Grid, Region, spare
from cleanplate.models.running.settings import Running
from cleanplate.models.void.config import PATCH, SAMPLES, STRIDE, VoidConfig

_BYTES = {"float32": 4, "bfloat16": 2}
_FLOAT = 4
_NARROW = 6
"""Channels of a block's modulation, in widths of a token: shift, scale and gate of video and of text."""
CODEC_PARAMETERS, TEXT_BYTES = 215_583_907, 2 * 4_762_310_656
"""Of CogVideoX's autoencoder, and of T5 v1.1 XXL's encoder in 16 bits."""
_ENCODED, _DECODED = 12_300, 18_000
"""Values that live at the peaks of the codec's encoder and decoder, for a pixel of a picture; measured.

Of 8 k + 5 frames the first thirteen are encoded together."""
_HELD = 4065
"""Values that the decoder keeps between two pieces, for a pixel; counted."""
ENCODING, DECODING = 8_691_840, 18_538_432
"""Multiply-adds of the codec, counted twice, for a pixel of a frame; counted."""
_TILE, _NARROW_TILE = 256, 128


@dataclass(frozen=True)
class Footprint:
    """Bytes.

    Attributes:
        weights: of the transformer, as many as are on the device at a time.
        activations: of one call of it, at its peak.
        kept: keys and values that outlive a call.
        latents: what goes into a call and comes out of it.
        codec: weights and peak of the codec.
    """

    weights: int
    activations: int
    kept: int
    latents: int
    codec: int

    @property
    def peak(self) -> int:
        """The most at a time; texts are read before, wherever there is room."""
        return max(self.weights + self.activations + self.kept + self.latents, self.codec)


@dataclass(frozen=True)
class Calls:
    """What is asked of the transformer.

    Attributes:
        window: frames, rows and columns of a window's latents.
        questions: 2 with guidance.
        batched: both at once.
        region: the tokens that are computed at every step, and those of context; None computes all.
        windows: that keep keys and values.
    """

    window: Grid
    questions: int = 1
    batched: bool = False
    region: Region | None = None
    windows: int = 1

    @property
    def tokens(self) -> int:
        """Of a window."""
        return prod(side // step for side, step in zip(self.window, PATCH, strict=True))


def footprint(config: VoidConfig, calls: Calls, running: Running) -> Footprint:
    """Of a run. Whole steps take the most, so that a region spares time but no memory."""
    clips = calls.questions if calls.batched else 1
    return Footprint(
        weights=_resident(config, running),
        activations=clips * _activations(config, calls, running),
        kept=_kept(config, calls, running),
        latents=clips * _latents(config, calls, running),
        codec=codec(calls.window, running),
    )


def ways(wanted: Running, *, waiting: bool = True) -> Iterator[Running]:
    """As wanted, then what takes less, the gentlest first; see `models.footprint.ways`.

    In the end the codec takes the most, so that its tiles get smaller.

    Args:
        waiting: blocks can wait elsewhere, since the model runs on an accelerator.
    """
    tiled: dict[str, Any] = {"tile": wanted.tile or _TILE}
    narrow: dict[str, Any] = {"tile": min(wanted.tile or _TILE, _NARROW_TILE)}
    small, wait, least = {"fp8": True}, {"offload": True}, {"offload": True, "ahead": False}
    changes: list[dict[str, Any]] = [{}, tiled, tiled | small, narrow | small]
    if waiting:
        changes = [{}, tiled, tiled | wait, tiled | small, narrow | wait, narrow | least | small]
    yield from dict.fromkeys(wanted.model_copy(update=change) for change in changes)


def fitting(config: VoidConfig, calls: Calls, available: int, wanted: Running | None = None) -> Running | None:
    """The gentlest way to run an accelerator of so many free bytes; None where even the last takes too much."""
    free = spare(available)
    return next((way for way in ways(wanted or Running()) if footprint(config, calls, way).peak <= free), None)


def codec(window: Grid, running: Running, dtype: str = "float32", *, parts: tuple[str, ...] = ("in", "out")) -> int:
    """Bytes of the codec at its peak: its largest piece, whole or a tile of it, and the piece's picture.

    Args:
        window: of latents; only rows and columns count.
        dtype: that it computes in.
        parts: encoder, decoder.
    """
    rows, columns = window[1] * STRIDE[1], window[2] * STRIDE[2]
    tile = running.tile or max(rows, columns)
    pixels = min(rows, tile) * min(columns, tile)
    values = max(_ENCODED * ("in" in parts), _DECODED * ("out" in parts))
    picture = 3 * 2 * STRIDE[0] * rows * columns * _FLOAT
    return (CODEC_PARAMETERS + values * pixels) * _BYTES[dtype] + picture


def held(window: Grid, running: Running, dtype: str = "float32") -> int:
    """Bytes in the computer's memory of what the tiles of a picture keep between pieces; 0 without tiles."""
    rows, columns = window[1] * STRIDE[1], window[2] * STRIDE[2]
    tiled = running.tile is not None and running.tile < max(rows, columns)
    return _HELD * rows * columns * _BYTES[dtype] if tiled else 0


def waiting(config: VoidConfig, running: Running) -> int:
    """Bytes of the computer's memory in which blocks wait."""
    return _resident(config, running.model_copy(update={"offload": False})) if running.offload else 0


def parameters(config: VoidConfig) -> int:
    """Of the transformer."""
    matrices, rows, others = _block(config)
    return config.layers * (matrices + rows + others) + _outside(config)


def multiplied(config: VoidConfig, calls: Calls, refresh: int = 1) -> float:
    """Multiply-adds of a window's calls in a step on average, counted twice; see `work`."""
    return sum(work(config, calls, refresh))


def work(config: VoidConfig, calls: Calls, refresh: int = 1) -> tuple[float, float]:
    """Those of layers that know one token at a time, and those of attention.

    Args:
        refresh: with a region, every so manieth step computes all tokens.
    """
    every = calls.tokens + config.tokens
    linear, attention = _work(config, every, every)
    if calls.region is not None:
        asked = calls.region.edited * calls.tokens
        fewer = _work(config, asked, asked + calls.region.context * calls.tokens + config.tokens)
        linear = (linear + (refresh - 1) * fewer[0]) / refresh
        attention = (attention + (refresh - 1) * fewer[1]) / refresh
    return calls.questions * linear, calls.questions * attention


def _work(config: VoidConfig, asked: float, looked_at: float) -> tuple[float, float]:
    return config.layers * 24 * asked * config.dim**2, config.layers * 4 * asked * looked_at * config.dim


def _block(config: VoidConfig) -> tuple[int, int, int]:
    """Of one block: weights that 8 bits may hold, and their rows, each with its bias; and everything else in it."""
    dim = config.dim
    modulation = 2 * (config.time_dim + 1) * _NARROW * dim
    norms = 2 * 2 * dim + 2 * 2 * config.head_dim
    return 12 * dim * dim, 9 * dim, modulation + norms


def _outside(config: VoidConfig) -> int:
    """Parameters of what is no block."""
    dim, time = config.dim, config.time_dim
    inputs = (config.in_channels * SAMPLES + 1) * dim + (config.text_dim + 1) * dim
    times = (dim + 1) * time + (time + 1) * time
    outputs = (time + 1) * 2 * dim + 2 * 2 * dim + (dim + 1) * config.channels * SAMPLES
    return inputs + times + outputs


def _resident(config: VoidConfig, running: Running) -> int:
    """Bytes of the weights that are on the device together."""
    size = _BYTES[running.dtype]
    matrices, rows, others = _block(config)
    block = (matrices + _FLOAT * rows if running.fp8 else matrices * size) + (rows + others) * size
    there = min(2 if running.ahead else 1, config.layers) if running.offload else config.layers
    return there * block + _outside(config) * size


def _activations(config: VoidConfig, calls: Calls, running: Running) -> int:
    """Bytes at the peak of one call for one clip, in a block.

    The tokens are there as they came in, and normed, and joined; then come queries and keys, whose turns are computed
    in float32, and values; or what attention found, the tokens after it, normed and joined again, and the inside of the
    feed-forward twice, before and after its activation.
    """
    size, dim = _BYTES[running.dtype], config.dim
    every = calls.tokens + config.tokens
    one, video = every * dim * size, calls.tokens * dim
    unfolded = 2 * 4 * dim * dim * size if running.fp8 else 0
    turned = 5 * one + 2 * video * _FLOAT
    joined = 8 * one
    fed = 5 * one + max(8 * one, 4 * one + unfolded)
    return max(turned, joined, fed)


def _latents(config: VoidConfig, calls: Calls, running: Running) -> int:
    """Bytes of a window's inputs, as they come and as the transformer takes them, of its answer, and of all places."""
    latents = prod(calls.window)
    given = latents * config.in_channels * (_FLOAT + _BYTES[running.dtype])
    answer = latents * config.channels * (_FLOAT + _BYTES[running.dtype])
    return given + 2 * answer + 3 * calls.tokens * config.head_dim * _FLOAT


def _kept(config: VoidConfig, calls: Calls, running: Running) -> int:
    """Bytes of keys and values, of text and context."""
    if calls.region is None:
        return 0
    context = round(calls.region.context * calls.tokens) + config.tokens
    return calls.windows * calls.questions * 2 * config.layers * context * config.dim * _BYTES[running.dtype]
