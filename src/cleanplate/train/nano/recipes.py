"""The recipes by name. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.mixture.config import moving
from cleanplate.models.moving.facts import ANSWERED, TOLD
from cleanplate.models.sampling.settings import Sampling
from cleanplate.train.nano.recipe import Pairs, Recipe
from cleanplate.train.recipe import Every


def _of(**geometry: int) -> System:
    transformer = moving((2, 8, 8), channels=ANSWERED, condition_channels=TOLD, frequency_dim=64, waves=6, **geometry)
    return System(
        transformer=transformer,
        codec="moves",
        stride=(1, 1, 1),
        text="none",
        prediction="sample",
        limits=Limits(frames=24, pixels=64 * 112, rate=12),
        sampling=Sampling(steps=1, guidance=1.0, shift=1.0, solver="euler"),
    )


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "nano": Recipe(
            system=_of(dim=320, layers=8, heads=8, ffn_dim=1280),
            steps=3000,
            ema=0.998,
            precision="no",
            checkpointing=False,
            every=Every(log=10, save=100, preview=250),
        ),
        "nano-smoke": Recipe(
            system=_of(dim=96, layers=2, heads=4, ffn_dim=192),
            pairs=Pairs(count=4, held=2, batch=2, workers=0),
            steps=8,
            ema=0.9,
            precision="no",
            checkpointing=False,
            every=Every(log=2, save=4, preview=8),
        ),
    }
)
"""`nano` is what the package's weights are trained with; `nano-smoke` tests the path in a minute."""
