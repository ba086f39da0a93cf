"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.config import layered
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.system import Limits, System
from cleanplate.models.table import model
from cleanplate.train.vera.recipe import Clips, Every, Rates, Recipe, Sparse

_OVERFIT = System(
    transformer=layered("shared", dim=64, layers=4, heads=2, ffn_dim=256, channels=24, text_dim=384),
    codec="pixel",
    stride=(2, 2, 2),
    text="minilm",
    prediction="sample",
    limits=Limits(frames=15, pixels=64 * 112, rate=16),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "1.3b": Recipe(system=model("vera-1.3b").system),
        "14b": Recipe(system=model("vera-14b").system, sharding="full"),
        "overfit": Recipe(
            system=_OVERFIT,
            steps=5000,
            clips=Clips(frames=15, rows=64, columns=112, batch=1),
            rates=Rates(new=2e-3, warmup=100, shape="cosine", decay=0.0),
            sparse=Sparse(part=0.96, whole=0.1, grow=2, near=1),
            ema=0.998,
            floor=0.25,
            shift=3.0,
            drop_text=0.0,
            precision="no",
            checkpointing=False,
            every=Every(log=20, save=250, preview=1250),
            preview=Sampling(steps=8, guidance=1.0, shift=3.0, solver="euler"),
        ),
    }
)
"""`1.3b` and `14b` are the published sizes; `overfit` learns eight small clips by heart, as a test of the path."""
