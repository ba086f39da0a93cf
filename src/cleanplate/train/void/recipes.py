"""The recipes by name, for either pass. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.schedule import GUIDANCE, STEPS
from cleanplate.train.recipe import Every
from cleanplate.train.void.recipe import Clips, Rates, Recipe, Sampling

_TINY = VoidConfig(heads=4, head_dim=16, layers=2, channels=768, in_channels=2304, text_dim=384, time_dim=64)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "published": Recipe(steps=8000, every=Every(log=20, save=1000, preview=1000)),
        "tiny": Recipe(
            transformer=_TINY,
            codec="pixel",
            text="minilm",
            posterior="mode",
            clips=Clips(frames=13, sizes=(64,), batch=2, held=0),
            rates=Rates(optimiser="adamw", rate=1e-3, warmup=20),
            sampling=Sampling(steps=10),
            steps=400,
            ema=0.98,
            precision="no",
            checkpointing=False,
            every=Every(log=10, save=100, preview=200),
            stored="float32",
        ),
    }
)
"""First passes. `published` has the numbers of the published one: 10 times its 6383 clips; `tiny` tests the path."""

SECOND: Mapping[str, Recipe] = MappingProxyType(
    {
        "published": RECIPES["published"].model_copy(
            update={
                "number": 2,
                "steps": 32_000,
                "every": Every(log=20, save=2000, preview=2000),
                "sampling": Sampling(steps=STEPS[2], guidance=GUIDANCE[2]),
            }
        ),
        "tiny": RECIPES["tiny"].model_copy(update={"number": 2}),
    }
)
"""Second passes: the published one went 40 times through the clips."""
