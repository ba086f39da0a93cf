"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.codecs.shape import Shape
from cleanplate.train.nano_codec.recipe import Recipe
from cleanplate.train.recipe import Adam, Every
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.recipe import Stock

_NANO = Recipe(
    steps=2400,
    rates=Adam(warmup=100, shape="cosine"),
    ema=0.998,
    precision="no",
    checkpointing=False,
    every=Every(log=50, save=250, preview=500),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "nano": _NANO,
        "nano-smoke": _NANO.model_copy(
            update={
                "shape": Shape(channels=4, reading=16, drawing=(16, 8, 8)),
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
"""`nano` makes the autoencoder that the package brings along, in about half an hour of a core."""
