"""Small counterfactual pairs, and a recipe of VOID small enough for a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.labels import combine
from cleanplate.models.codecs.cogvideox import CogVideoXCodec
from cleanplate.train.recipe import Every
from cleanplate.train.void.recipe import Clips, Rates, Recipe, Sampling
from cleanplate.train.void.samples import samples_of
from cleanplate.worlds.formats.metadata import VoidMetadata
from cleanplate.worlds.formats.void_layout import VoidFrame, VoidSample, VoidWriter
from drawn_void import CONFIG, autoencoder

ROWS, COLUMNS, FRAMES = 48, 80, 5
ONSET = 3
"""The first frame on which something is affected."""


def pair(seed: int, length: int = FRAMES + ONSET) -> Iterator[VoidFrame]:
    """A thing that is removed rests; another one rests too, and sinks from `ONSET` on because of it."""
    random = np.random.default_rng(seed)
    ground = random.integers(40, 200, (ROWS // 8, COLUMNS // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    gone = _square(int(random.integers(4, 20)), 12, 14)
    rested = _square(8, 44, 16)
    for number in range(length):
        sunk = _square(8 + 3 * max(0, number - ONSET + 1), 44, 16)
        full, removed = ground.copy(), ground.copy()
        full[sunk], removed[rested] = (220, 60, 40), (220, 60, 40)
        full[gone] = (20, 30, 230)
        affected = sunk ^ rested if number >= ONSET else np.zeros_like(sunk)
        yield VoidFrame(full, removed, combine(gone, affected))


def made_pairs(folder: Path, count: int = 3, length: int = FRAMES + ONSET, *, lossy: bool = False) -> list[VoidSample]:
    """Written and listed."""
    writer = VoidWriter(folder, lossy=lossy)
    for number in range(count):
        writer.write(f"sinks-{number}", pair(number, length), VoidMetadata(caption=f"a red ball {number}"))
    writer.write_list()
    return samples_of([folder])


def small_recipe(**changes: Any) -> Recipe:
    """Two clips a step."""
    fields: dict[str, Any] = {
        "transformer": CONFIG,
        "steps": 4,
        "clips": Clips(frames=FRAMES, sizes=(64,), batch=2, held=1),
        "rates": Rates(optimiser="adamw", rate=3e-3, warmup=2),
        "sampling": Sampling(steps=2, guidance=1.0),
        "ema": 0.5,
        "precision": "no",
        "checkpointing": False,
        "stored": "float32",
        "every": Every(log=1, save=2, preview=4),
    }
    return Recipe(**fields | changes)


def codec() -> CogVideoXCodec:
    """Of drawn weights."""
    return CogVideoXCodec(autoencoder())


def _square(top: int, left: int, side: int) -> NDArray[np.bool_]:
    inside = np.zeros((ROWS, COLUMNS), np.bool_)
    inside[top : top + side, left : left + side] = True
    return inside
