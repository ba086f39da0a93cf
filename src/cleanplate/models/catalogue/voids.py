"""VOID's rows of the table of models. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cleanplate.models.catalogue.system import Limits
from cleanplate.models.catalogue.table import PARTS, Weights
from cleanplate.models.void.config import PATCH, PUBLISHED, STRIDE, VoidConfig

CODEC, TEXT = "cogvideox", "t5-xxl"


@dataclass(frozen=True)
class Void:
    """One row.

    Attributes:
        summary: one line for the user.
        config: of the transformer of either pass.
        passes: weights, by the number of the pass.
        base: what the weights were trained from. Nothing of it is needed to run them.
        limits: the videos it was trained on.
        parameters: billions of a pass.
    """

    summary: str
    config: VoidConfig
    passes: Mapping[int, Weights]
    base: Weights
    limits: Limits
    parameters: float

    @property
    def needs(self) -> tuple[Weights, ...]:
        """Everything that is fetched for it."""
        return (*self.passes.values(), *PARTS[CODEC], *PARTS[TEXT])

    @property
    def multiple(self) -> tuple[int, int]:
        """Rows and columns of a working size are multiples of these."""
        return STRIDE[1] * PATCH[1], STRIDE[2] * PATCH[2]


_REPOSITORY = "netflix/void-model"

VOIDS: Mapping[str, Void] = MappingProxyType(
    {
        "void-5b": Void(
            "VOID: takes things out of a clip with what they did to it, in one pass or two",
            PUBLISHED,
            MappingProxyType(
                {number: Weights(_REPOSITORY, f"void_pass{number}.safetensors", "Apache-2.0") for number in (1, 2)}
            ),
            Weights("alibaba-pai/CogVideoX-Fun-V1.5-5b-InP", "transformer", "LicenseRef-CogVideoX"),
            Limits(frames=85, pixels=384 * 672, rate=12),
            parameters=5.6,
        )
    }
)
