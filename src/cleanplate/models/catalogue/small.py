"""The small models that this project trains itself, and others of their kind and another geometry."""

from __future__ import annotations

from typing import Any

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.mixture.config import Branch, MixtureConfig, moving
from cleanplate.models.moving.facts import ANSWERED, TOLD
from cleanplate.models.sampling.settings import Sampling

_LAYERS = (
    Branch(name="edit", cross_attention="shared", hints=("source", "preserve")),
    Branch(name="alpha", cross_attention="shared", layer_embedding=True, condition="preserve", hints=("source",)),
    Branch(name="composite", cross_attention="shared", layer_embedding=True, condition="source", hints=("preserve",)),
)
"""Vera's three, told of the plate and of what must stay directly, and with one way to the text."""
REGENERATING = {
    "branches": (Branch(name="composite", cross_attention="shared", condition="source", hints=("preserve",)),),
    "unowned": ("preserve",),
}
"""Fields of a transformer that says the whole picture anew, as editors without layers do, and is told as much."""
UNHINTED = {"branches": tuple(branch.model_copy(update={"hints": ()}) for branch in _LAYERS)}
"""Fields of one that is told as in Vera's paper: the plate to the composite, what must stay to alpha."""


def vera_nano(patch: tuple[int, int, int] = (8, 2, 2), **geometry: int) -> System:
    """Sixteen small frames: backgrounds whole, and additions in close-ups (decisions 035, 042 and 043)."""
    usual = {"dim": 192, "layers": 6, "heads": 6, "ffn_dim": 768, "channels": 12, "text_dim": 384, "waves": 6}
    fields = {"branches": _LAYERS, "patch": patch, "frequency_dim": 64, "pooled": True, **usual, **geometry}
    return System(
        transformer=MixtureConfig.model_validate(fields),
        codec="nano-codec",
        stride=(1, 8, 8),
        text="words",
        prediction="sample",
        limits=Limits(frames=16, pixels=64 * 112, rate=16, slowest=4),
        closeup=64,
        sampling=Sampling(steps=12, guidance=1.0, shift=12.0, solver="euler"),
    )


def void_nano(*, frames: int = 24, pixels: int = 64 * 112, **geometry: int) -> System:
    """Two seconds of small frames, in which it says where pixels come from (decision 034)."""
    usual: dict[str, Any] = {"dim": 256, "layers": 6, "heads": 8, "ffn_dim": 1024, "frequency_dim": 64, "waves": 6}
    return System(
        transformer=moving((4, 8, 8), channels=ANSWERED, condition_channels=TOLD, **usual | geometry),
        codec="moves",
        stride=(1, 1, 1),
        text="none",
        prediction="sample",
        limits=Limits(frames=frames, pixels=pixels, rate=12),
        sampling=Sampling(steps=1, guidance=1.0, shift=1.0, solver="euler"),
    )
