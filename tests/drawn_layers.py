"""Small layered clips, a recipe small enough for a test, and parts that go with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.mixture.config import MixtureConfig, layered
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.text.protocol import Encoded
from cleanplate.train.recipe import Every
from cleanplate.train.vera.clips import samples_of
from cleanplate.train.vera.recipe import Clips, Rates, Recipe
from cleanplate.worlds.formats.vera_layout import VeraDataset, VeraSample
from cleanplate.worlds.layered.clip import Task, Tier
from cleanplate.worlds.layered.job import LayeredJob, write_lines

GEOMETRY: dict[str, Any] = {
    "dim": 24,
    "layers": 2,
    "heads": 2,
    "ffn_dim": 32,
    "channels": 96,
    "patch": (1, 1, 1),
    "text_dim": 12,
    "frequency_dim": 16,
}
ROWS, COLUMNS, FRAMES = 32, 48, 5
torch.set_num_threads(1)  # tensors this small are slower on more, all the more beside other tests


def small_recipe(transformer: MixtureConfig | None = None, **changes: Any) -> Recipe:
    """Two clips a step."""
    system = System(
        transformer=transformer or layered("shared", **GEOMETRY),
        codec="pixel",
        stride=(2, 4, 4),
        text="minilm",
        prediction="sample",
        limits=Limits(frames=FRAMES, pixels=ROWS * COLUMNS),
        sampling=Sampling(steps=2, guidance=1.0, solver="euler"),
    )
    fields: dict[str, Any] = {
        "system": system,
        "steps": 6,
        "clips": Clips(frames=FRAMES, rows=ROWS, columns=COLUMNS, batch=2),
        "rates": Rates(new=3e-3, warmup=2),
        "ema": 0.5,
        "precision": "no",
        "checkpointing": False,
        "every": Every(log=1, save=3, preview=6),
    }
    return Recipe(**fields | changes)


class HashedWords:
    """Implements `TextEncoder` without weights: a word's numbers are those of its digest."""

    name, tokens, channels = "hashed", 6, 12

    def encode(self, texts: Sequence[str]) -> Encoded:
        rows = [torch.zeros(self.tokens, self.channels) for _ in texts]
        for row, text in zip(rows, texts, strict=True):
            for place, word in enumerate(text.split()[: self.tokens]):
                row[place] = _numbers(word, self.channels)
        return Encoded(torch.stack(rows), (None,) * len(rows))


def made_clips(folder: Path, count: int = 3, length: int = FRAMES) -> list[VeraSample]:
    """Additions and background changes in turn."""
    tasks = (Task.ADD, Task.BACKGROUND)
    jobs = [LayeredJob(folder, Tier.SYNTHETIC, tasks[n % 2], n, ROWS, COLUMNS, length) for n in range(count)]
    for job in jobs:
        job.make()
    write_lines(folder, jobs)
    return samples_of([VeraDataset.of_folder(folder)])


def _numbers(word: str, count: int) -> Tensor:
    return torch.tensor([byte / 128 - 1 for byte in hashlib.sha256(word.encode()).digest()[:count]])
