"""A tiny Vera with drawn weights, saved as a user would name it, and texts that no encoder has to be loaded for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cleanplate.engines.vera.parts import StoredParts
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.finding import shape as finding
from cleanplate.models.finding.finder import Finder
from cleanplate.models.mixture.config import layered
from cleanplate.models.placing.placer import Placer
from cleanplate.models.placing.shape import Shape
from cleanplate.models.store.loading import save
from cleanplate.models.text.protocol import Cut, Encoded
from cleanplate.models.text.words import WordEncoder
from drawn_models import drawn

STRIDE = (4, 8, 8)
TEXT_DIM, TOKENS = 12, 6
QUICK: dict[str, Any] = {"steps": 2, "guidance": 2.0, "solver": "euler"}
"""Settings of the engine that take no time."""


def pixel_system(**limits: Any) -> System:
    """Two layers over patches of pixels."""
    geometry = {"dim": 48, "layers": 2, "heads": 2, "ffn_dim": 64, "channels": 768, "frequency_dim": 16}
    config = layered("shared", **geometry, text_dim=TEXT_DIM)
    return System(
        transformer=config.model_copy(update={"patch": (1, 1, 1)}),
        codec="pixel",
        stride=STRIDE,
        text="minilm",
        prediction="sample",
        limits=Limits(**({"frames": 9, "pixels": 64 * 112, "rate": 25.0} | limits)),
    )


def write_weights(folder: Path, system: System | None = None, seed: int = 0) -> Path:
    """A folder for --weights."""
    system = system or pixel_system()
    save(drawn(system.transformer, seed), system, folder)
    return folder


class RedFinder(Finder):
    """Finds whatever is red where a red ball is named, and what is green where nothing is."""

    def __init__(self) -> None:
        super().__init__(finding.Shape(widths=(8, 8), told=8, text_dim=TEXT_DIM))

    def forward(self, pictures_B3HW: Tensor, text_BSD: Tensor) -> Tensor:
        red, green, _ = pictures_B3HW.unbind(dim=1)
        if not text_BSD.any():
            return 40 * (green - red - 0.5)
        named = torch.equal(text_BSD, WordEncoder(TEXT_DIM).encode(["red ball"]).tokens_BSD)
        return 40 * (red - green - 0.5) if named else torch.full_like(red, -20.0)


class DrawnParts(StoredParts):
    """Stored parts whose texts are drawn from the words; more words than tokens are cut."""

    def read(self, texts: Sequence[str]) -> Encoded:
        rows, cuts = [], []
        for text in texts:
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
            generator = torch.Generator().manual_seed(seed)
            rows.append(torch.randn((TOKENS, TEXT_DIM), generator=generator))
            words = text.split()
            cuts.append(Cut(len(words) - TOKENS, " ".join(words[TOKENS:])) if len(words) > TOKENS else None)
        return Encoded(torch.stack(rows), tuple(cuts))

    def reading(self, texts: Sequence[str]) -> int:
        return 0

    def placer(self) -> Placer:
        torch.manual_seed(0)
        return Placer(Shape(dim=16, layers=1, text_dim=TEXT_DIM, steps=2)).eval()

    def finder(self) -> Finder:
        return RedFinder().eval()
