"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.catalogue.small import vera_nano
from cleanplate.train.recipe import Every
from cleanplate.train.vera.recipe import Clips, Sparse
from cleanplate.train.vera_nano.recipe import Rates, Recipe, Stock

_NANO = Recipe(
    system=vera_nano(),
    steps=8000,
    rates=Rates(new=1e-3, warmup=100, shape="cosine", betas=(0.9, 0.99)),
    sparse=Sparse(part=0.15, whole=0.5, grow=1, near=2),
    weights={"edit": 0.5, "alpha": 1.0, "composite": 0.25},
    ema=0.999,
    floor=1.0,
    shift=40.0,
    precision="no",
    checkpointing=False,
    every=Every(log=20, save=100, preview=500),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "nano": _NANO,
        "nano-gpu": _NANO.model_copy(
            update={
                "clips": Clips(frames=16, rows=64, columns=112, batch=64, workers=14),
                "stock": Stock(things=8000, shoots=3000, takes=4000),
                "steps": 20_000,
                "precision": "bf16",
                "every": Every(log=20, save=500, preview=1000),
            }
        ),
        "nano-smoke": _NANO.model_copy(
            update={
                "system": vera_nano(dim=96, layers=2, heads=4, ffn_dim=192),
                "clips": Clips(frames=16, rows=64, columns=112, batch=2),
                "stock": Stock(things=4, shoots=2, takes=1, held=2),
                "steps": 8,
                "rates": Rates(new=1e-3, warmup=2, shape="cosine", betas=(0.9, 0.99)),
                "ema": 0.9,
                "every": Every(log=2, save=4, preview=8),
            }
        ),
    }
)
"""`nano` is for processors, `nano-gpu` the same model with more of everything; `nano-smoke` tests the path in a minute.

To learn from a clip of `nano` takes 5.1 GFLOP (2.0 to answer), and to read its words 0.8: 64,000 clips are 3.8e14, an
hour and a quarter of a quiet core at 85 GFLOP/s.
"""
