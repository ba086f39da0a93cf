"""The table of models: what each is made of, where its weights come from, under which licence. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cleanplate.errors import UsageError
from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.vocabulary import NANO, Vocabulary
from cleanplate.models.mixture.config import layered, plain

_WAN_SMALL = {"dim": 1536, "layers": 30, "heads": 12, "ffn_dim": 8960}
_WAN_LARGE = {"dim": 5120, "layers": 40, "heads": 40, "ffn_dim": 13_824}


@dataclass(frozen=True)
class Weights:
    """Where weights are published.

    Attributes:
        repository: of the Hugging Face hub.
        folder: inside it, or one file.
        licence: an SPDX identifier.
    """

    repository: str
    folder: str
    licence: str


@dataclass(frozen=True)
class Model:
    """One row.

    Attributes:
        summary: one line for the user.
        system: the transformer and what goes with it.
        weights: the transformer's own, or None where nobody has published any.
        starts_from: the row whose weights every branch starts from when the model is trained, or None.
        parameters: billions that the authors state, or None.
        vocabulary: the words that it has learned; None where any may be said.
    """

    summary: str
    system: System
    weights: Weights | None = None
    starts_from: str | None = None
    parameters: float | None = None
    vocabulary: Vocabulary | None = None

    @property
    def edits(self) -> bool:
        """Whether it makes layers over a clip, rather than videos from text."""
        return len(self.system.transformer.branches) > 1

    @property
    def origin(self) -> Weights | None:
        """Its own weights, or those that it starts from."""
        return MODELS[self.starts_from].weights if self.starts_from else self.weights

    @property
    def needs(self) -> tuple[Weights, ...]:
        """Everything that is fetched for it."""
        parts = (*PARTS.get(self.system.codec, ()), *PARTS.get(self.system.text, ()))
        return (self.origin, *parts) if self.origin else parts


# Of the ways in which three branches can have the published numbers of parameters, `shared` is the one in which every
# branch starts as a whole Wan; alpha without any text would have 0.1 (0.4) million fewer, the norms before it.
MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "wan2.1-t2v-1.3b": Model(
            "Wan2.1 text to video, the small one: what vera-1.3b starts from",
            System(transformer=plain(**_WAN_SMALL)),
            Weights("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "transformer", "Apache-2.0"),
            parameters=1.3,
        ),
        "wan2.1-t2v-14b": Model(
            "Wan2.1 text to video, the large one: what vera-14b starts from",
            System(transformer=plain(**_WAN_LARGE)),
            Weights("Wan-AI/Wan2.1-T2V-14B-Diffusers", "transformer", "Apache-2.0"),
            parameters=14.0,
        ),
        "vera-1.3b": Model(
            "Vera's three branches from the small Wan2.1; no weights are published, so it is trained first",
            System(transformer=layered("shared", **_WAN_SMALL)),
            starts_from="wan2.1-t2v-1.3b",
            parameters=3.9,
        ),
        "vera-14b": Model(
            "Vera's three branches from the large Wan2.1; no weights are published, so it is trained first",
            System(transformer=layered("shared", **_WAN_LARGE)),
            starts_from="wan2.1-t2v-14b",
            parameters=38.2,
        ),
        "vera-nano": Model(
            "research preview: a Vera of 10 million weights for a laptop, taught a few words by made worlds",
            vera_nano(),
            vocabulary=NANO,
        ),
    }
)

_WAN_PARTS = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
_COGVIDEOX_PARTS = "alibaba-pai/CogVideoX-Fun-V1.5-5b-InP"
PARTS: Mapping[str, tuple[Weights, ...]] = MappingProxyType(
    {
        "wan": (Weights(_WAN_PARTS, "vae", "Apache-2.0"),),
        "umt5-xxl": (
            Weights(_WAN_PARTS, "text_encoder", "Apache-2.0"),
            Weights(_WAN_PARTS, "tokenizer", "Apache-2.0"),
        ),
        "cogvideox": (Weights(_COGVIDEOX_PARTS, "vae", "LicenseRef-CogVideoX"),),
        "t5-xxl": (
            Weights(_COGVIDEOX_PARTS, "text_encoder", "Apache-2.0"),
            Weights(_COGVIDEOX_PARTS, "tokenizer", "Apache-2.0"),
        ),
    }
)
"""Folders of codecs and text encoders; a part that is not named here needs no download."""


def model(name: str) -> Model:
    """The row of that name. Raises UsageError for an unknown one."""
    if name not in MODELS:
        raise UsageError(f"there is no model '{name}'", remedy=f"Choose one of: {', '.join(MODELS)}.")
    return MODELS[name]
