"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cleanplate.models.catalogue.small import void_nano
from cleanplate.train.recipe import Every
from cleanplate.train.void_nano.recipe import Pairs, Rates, Recipe

_PLAIN: Mapping[str, Recipe] = MappingProxyType(
    {
        "nano": Recipe(
            system=void_nano(),
            steps=2000,
            rates=Rates(warmup=50, shape="cosine"),
            ema=0.998,
            precision="no",
            checkpointing=False,
            every=Every(log=10, save=100, preview=250),
        ),
        "nano-gpu": Recipe(
            system=void_nano(),
            pairs=Pairs(count=20_000, batch=64, workers=14),
            steps=12_000,
            rates=Rates(shape="cosine"),
            ema=0.999,
            precision="bf16",
            checkpointing=False,
            every=Every(log=10, save=250, preview=500),
        ),
        "nano-fine": Recipe(
            system=void_nano(pixels=128 * 224),
            pairs=Pairs(rows=128, columns=224, batch=4),
            steps=500,
            rates=Rates(rate=2e-4, matrices=2e-3, warmup=25, shape="cosine"),
            ema=0.998,
            precision="no",
            checkpointing=False,
            every=Every(log=10, save=50, preview=250),
        ),
        "nano-few": Recipe(
            system=void_nano(dim=192, layers=4, heads=6, ffn_dim=768),
            pairs=Pairs(held=168, families=("support", "tower", "held", "blocked")),
            steps=200,
            rates=Rates(warmup=10, shape="cosine"),
            ema=0.98,
            precision="no",
            checkpointing=False,
            every=Every(log=10, save=50, preview=200),
        ),
        "nano-smoke": Recipe(
            system=void_nano(dim=96, layers=2, heads=4, ffn_dim=192),
            pairs=Pairs(count=4, held=2, batch=2, workers=0),
            steps=8,
            ema=0.9,
            precision="no",
            checkpointing=False,
            every=Every(log=2, save=4, preview=8),
        ),
    }
)
ABLATIONS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"binary": {"mask": "binary"}})
"""Fields that make a recipe that of an ablation: told what may change, and not what is removed of it."""


def ablated(recipe: Recipe, name: str) -> Recipe:
    """A recipe as an ablation has it: all else is the same."""
    return Recipe.model_validate(dict(recipe) | dict(ABLATIONS[name]))


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {**_PLAIN, **{f"nano-{name}": ablated(_PLAIN["nano"], name) for name in ABLATIONS}}
)
"""`nano` is for processors, `nano-gpu` the same model with more of everything; `nano-fine` goes on from its weights, on
frames of twice the size; `nano-few`, smaller, of four families, is for ablations on a processor; `nano-smoke` tests the
path. The others are ablations of `nano` (decision 038)."""
