"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.table import model
from cleanplate.models.mixture.config import layered
from cleanplate.models.sampling.settings import Sampling
from cleanplate.train.recipe import Every
from cleanplate.train.vera.recipe import Clips, Rates, Recipe, Sparse

_OVERFIT = System(
    transformer=layered(
        "shared", dim=96, layers=2, heads=2, ffn_dim=384, channels=24, text_dim=384, frequency_dim=64, waves=6
    ),
    codec="pixel",
    stride=(2, 2, 2),
    text="minilm",
    prediction="sample",
    limits=Limits(frames=15, pixels=32 * 56, rate=16),
    sampling=Sampling(steps=8, guidance=1.0, shift=100.0, solver="euler"),
)

_SMALL = Recipe(
    system=_OVERFIT,
    steps=8000,
    clips=Clips(frames=15, rows=32, columns=56, batch=1),
    rates=Rates(new=2e-3, warmup=100, shape="cosine", betas=(0.9, 0.99), decay=0.0),
    sparse=Sparse(part=0.8, whole=0.1, grow=1, near=1),
    ema=0.998,
    floor=1.0,
    shift=100.0,
    drop_text=0.0,
    precision="no",
    checkpointing=False,
    every=Every(log=20, save=500, preview=4000),
)
_LONG = {
    "system": _OVERFIT.model_copy(update={"limits": Limits(frames=63, pixels=32 * 56, rate=16)}),
    "steps": 900,
    "clips": Clips(frames=63, rows=32, columns=56, batch=1),
    "rates": Rates(new=1e-3, copied=1e-3, warmup=30, shape="cosine", betas=(0.9, 0.99), decay=0.0),
    "sparse": Sparse(part=0.75, whole=0.4, grow=1, near=1),
    "every": Every(log=20, save=100, preview=900),
}

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "1.3b": Recipe(system=model("vera-1.3b").system),
        "14b": Recipe(system=model("vera-14b").system, sharding="full"),
        "overfit": _SMALL,
        "overfit-long": _SMALL.model_copy(update=_LONG),
    }
)
"""`1.3b` and `14b` are the published sizes. `overfit` learns eight small clips by heart, as a test of the path, and
`overfit-long` goes on from it with four times the frames, where what the sampler saves is worth measuring.
"""
