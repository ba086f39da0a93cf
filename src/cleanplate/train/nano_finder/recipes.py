"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.finding.shape import Shape
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.recipe import Adam, Every
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Stock

_NANO = Recipe(
    steps=1700,
    rates=Adam(warmup=100, shape="cosine"),
    ema=0.995,
    precision="no",
    checkpointing=False,
    every=Every(log=50, save=100, preview=500),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "nano": _NANO,
        "nano-smoke": _NANO.model_copy(
            update={
                "shape": Shape(widths=(8, 16), told=8),
                "clips": Clips(frames=16, rows=64, columns=112, batch=1),
                "stock": Stock(things=4, shoots=2, takes=1, held=2),
                "steps": 8,
                "rates": Adam(warmup=2, shape="cosine"),
                "ema": 0.9,
                "every": Every(log=2, save=4, preview=8),
            }
        ),
    }
)
"""`nano` makes the finder that the package brings along, in about forty minutes of a core."""
