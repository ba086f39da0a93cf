"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cleanplate.models.catalogue.small import REGENERATING, UNHINTED, vera_nano
from cleanplate.models.catalogue.system import Limits
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.train.recipe import Every
from cleanplate.train.vera.recipe import Clips, Sparse
from cleanplate.train.vera_nano.recipe import Mix, Rates, Recipe, Stock

_NANO = Recipe(
    system=vera_nano(),
    steps=8000,
    mix=Mix(background=1.0, closer=0.75),
    rates=Rates(new=1e-3, warmup=100, shape="cosine", betas=(0.9, 0.99)),
    sparse=Sparse(part=0.15, whole=0.5, grow=1, near=2),
    weights={"edit": 1.0, "alpha": 1.0, "composite": 0.5},
    ema=0.998,
    floor=1.0,
    shift=12.0,
    precision="no",
    checkpointing=False,
    every=Every(log=20, save=100, preview=500),
)

_FINE = 128 * 224
"""Pixels of a frame, where a model is fine-tuned."""
_PLAIN: Mapping[str, Recipe] = MappingProxyType(
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
        "nano-fine": _NANO.model_copy(
            update={
                "system": vera_nano().model_copy(
                    update={"limits": Limits(frames=16, pixels=_FINE, rate=16, slowest=4)}
                ),
                "clips": Clips(frames=16, rows=128, columns=224, batch=4, workers=1),
                "sparse": Sparse(part=1.0, whole=0.5, grow=1, near=2),
                "rates": Rates(new=2e-4, matrices=2e-3, warmup=50, shape="cosine", betas=(0.9, 0.99)),
                "steps": 1000,
            }
        ),
        "nano-few": _NANO.model_copy(
            update={
                "system": vera_nano(dim=96, layers=4, heads=4, ffn_dim=384),
                "steps": 250,
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


@dataclass(frozen=True)
class Ablation:
    """What makes a recipe that of an ablation; data, seeds, steps, width and depth stay.

    Attributes:
        transformer, recipe: fields.
    """

    transformer: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)


ABLATIONS: Mapping[str, Ablation] = MappingProxyType(
    {
        "regenerate": Ablation(REGENERATING, {"weights": {"composite": 1.0}, "elsewhere": 1.0}),
        "apart": Ablation({"joint": False}),
        "one-tower": Ablation({"one_tower": True}),
        "unsupervised": Ablation(recipe={"weights": {**_NANO.weights, "composite": 0.0}}),
        "unhinted": Ablation(UNHINTED),
    }
)
"""One branch that says the whole picture, of which all counts; the three ingredients of the paper taken away (joint
attention, a tower for each branch, a composite that is supervised); and its way of telling plate and mask."""


def ablated(recipe: Recipe, name: str) -> Recipe:
    """A recipe as an ablation has it."""
    system, ablation = recipe.system, ABLATIONS[name]
    transformer = MixtureConfig.model_validate(dict(system.transformer) | dict(ablation.transformer))
    changed = {"system": system.model_copy(update={"transformer": transformer}), **ablation.recipe}
    return Recipe.model_validate(dict(recipe) | changed)


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {**_PLAIN, **{f"nano-{name}": ablated(_PLAIN["nano"], name) for name in ABLATIONS}}
)
"""`nano` is for processors, `nano-gpu` the same model with more of everything; `nano-fine` goes on from its weights, on
frames of twice the size, by region compute alone; `nano-few` is smaller, for ablations on a processor; `nano-smoke`
tests the path in a minute. The others are ablations of `nano` (decision 038).

To learn from a clip of `nano` takes 5.1 GFLOP (1.7 to answer), from near 3.3 (1.1); to code it 1.8, and to read its
words 0.8: 64,000 clips are 4.5e14. At the 0.28 s a clip that were measured on a shared core, that is five hours.
"""
