"""What a removal costs: a count of the transformer's multiplications, and of what is held meanwhile. Without torch."""

from __future__ import annotations

from math import prod

from cleanplate.engines.void.latents import room
from cleanplate.engines.void.outline import Outline, Take
from cleanplate.engines.void.stages import LAY, TELL, decoding, sampling
from cleanplate.engines.void.windows import Window
from cleanplate.models.void.config import PATCH, STRIDE, VoidConfig

_RATES = {"cpu": 2.5e10, "cuda": 1.5e14}
"""Multiply-adds a second, counted twice; for a thread of a processor, or for a whole accelerator."""
_CODEC = {"cpu": 4e-5, "cuda": 1e-7}
"""Seconds for a pixel of a frame that goes into the codec or comes out of it; for one thread."""
_LAYING = 0.2
"""Seconds for a frame of the plate."""
_TICKS = 1000
_PICTURE_BYTES, _LAYER_BYTES = 6, 6
"""On disk, for a pixel of a picture of either pass, and of the layer."""


def seconds(outline: Outline, device: str, threads: int) -> dict[str, float]:
    """Of drawing all spans, by stage; the second pass, too, where it may run."""
    work = threads if device == "cpu" else 1
    settings = outline.settings
    calls = sum(multiplied(outline.config, take, window) for take in outline.takes for window in take.windows)
    coded = sum(take.span.length * take.framing.rows * take.framing.columns for take in outline.takes)
    found = {TELL: 2 * coded * _CODEC[device], LAY: sum(len(take.frames) for take in outline.takes) * _LAYING}
    for number, how in enumerate((settings.first, settings.second), start=1):
        runs = number == 1 or settings.pass2 != "never"
        found[sampling(number)] = runs * how.steps * (2 if how.guidance > 1 else 1) * calls / _RATES[device]
        found[decoding(number)] = runs * coded * _CODEC[device]
    return {stage: taken / work for stage, taken in found.items()}


def worth(outline: Outline, device: str) -> dict[str, int]:
    """Of every stage on a bar of about a thousand ticks."""
    taken = seconds(outline, device, 1)
    whole = sum(taken.values())
    return {stage: round(_TICKS * part / whole) for stage, part in taken.items()}


def multiplied(config: VoidConfig, take: Take, window: Window) -> float:
    """Multiply-adds of one call for a window, counted twice."""
    tokens = tokens_of(take, window) + config.tokens
    return config.layers * (24 * tokens * config.dim**2 + 4 * tokens**2 * config.dim)


def tokens_of(take: Take, window: Window) -> int:
    """Of the video in a window."""
    _, _, rows, columns = take.shape
    return prod(side // step for side, step in zip((window.stop - window.start, rows, columns), PATCH, strict=True))


def disk(outline: Outline, info_pixels: int) -> int:
    """Bytes of latents, pictures and layer.

    Args:
        info_pixels: of a frame of the plate.
    """
    total = 0
    for take in outline.takes:
        pixels = take.framing.rows * take.framing.columns
        total += room(take.shape) + 2 * len(take.span.frames) * pixels * _PICTURE_BYTES
        total += len(take.frames) * info_pixels * _LAYER_BYTES
    return total


def latent_pixels(take: Take) -> int:
    """Pixels of a frame that the codec codes."""
    return take.shape[2] * STRIDE[1] * take.shape[3] * STRIDE[2]
