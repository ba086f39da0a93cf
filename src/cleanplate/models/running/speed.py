"""How fast networks run on this machine: measured in a moment, or else guessed. Read without torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

_REPEATS, _LONG = 3, 0.5
"""Tries after the first, and seconds after which none is added."""
_TOKENS, _DIM, _WIDE, _HEAD = 256, 1024, 4096, 64
_ASKING = 512
_CHANNELS, _SIDE, _KERNEL = 128, 32, 3


@dataclass(frozen=True)
class Speed:
    """Multiply-adds a second, counted twice; of a thread of a processor, or of a whole accelerator.

    Attributes:
        linear, attention, convolution: of what a network spends its time on.
        measured: on this machine; otherwise it is a guess.
    """

    linear: float
    attention: float
    convolution: float
    measured: bool = False


GUESSED: Mapping[str, Speed] = {"cpu": Speed(5e10, 5e10, 5e10), "cuda": Speed(1.5e14, 1.5e14, 5e13)}


def speed(device: str, dtype: str = "float32") -> Speed:
    """Of a processor as measured, once in a process, in a fraction of a second; of an accelerator, or without torch,
    guessed.

    Args:
        device: `cpu` or `cuda`.
        dtype: that is computed in.
    """
    return _measured(dtype) if device == "cpu" and find_spec("torch") is not None else GUESSED[device]


@cache
def _measured(dtype: str) -> Speed:
    """In seconds of the processor, over all of its threads, so that other programs hardly matter."""
    import torch
    from torch.nn.functional import conv3d, linear, scaled_dot_product_attention

    kind: torch.dtype = getattr(torch, dtype)
    tokens, weights = torch.ones(_TOKENS, _DIM, dtype=kind), torch.ones(_WIDE, _DIM, dtype=kind)
    asking = torch.ones(1, _DIM // _HEAD, _ASKING, _HEAD, dtype=kind)
    video = torch.ones(1, _CHANNELS, _KERNEL, _SIDE, _SIDE)  # codecs compute in 32 bits
    kernel = torch.ones(_CHANNELS, _CHANNELS, _KERNEL, _KERNEL, _KERNEL)
    with torch.inference_mode():
        return Speed(
            linear=2 * _TOKENS * _DIM * _WIDE / _taken(lambda: linear(tokens, weights)),
            attention=4 * _ASKING**2 * _DIM / _taken(lambda: scaled_dot_product_attention(asking, asking, asking)),
            convolution=2 * kernel.numel() * _SIDE**2 / _taken(lambda: conv3d(video, kernel, padding=(0, 1, 1))),
            measured=True,
        )


def _taken(work: Callable[[], Any]) -> float:
    """Seconds; the least of some tries, or the first one where that was long: it warms up, too."""
    taken: list[float] = []
    while len(taken) <= _REPEATS and sum(taken) < _LONG:
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return max(min(taken), 1e-6)
