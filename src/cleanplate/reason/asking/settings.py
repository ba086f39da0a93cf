"""What the user may set of how a model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.errors import UsageError


class Asking(BaseModel):
    """How a model is asked.

    Attributes:
        model: its name, repository or folder; None is the reasoner's own choice, if it has one.
        url: where it is served; None is the provider's own address.
        allow_upload: pictures may leave this machine.
        also: things that are asked about in particular.
        frames: pictures that are shown at most.
        side: pixels of a picture's longer side.
        quality: of JPEG, 1..100.
        max_bytes: of one question.
        max_input_tokens, max_tokens: of one question, and of one answer.
        max_cost: US dollars for the whole asking, where prices are known.
        timeout: seconds for one try.
        patience: seconds for all tries and the waits between them.
        tries: how often a server that fails is tried.
        cache: answers are kept, and questions that were answered are not asked again.
        seed: of the waits between tries.
        device: that a local model runs on; None takes CUDA where there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    url: str | None = None
    allow_upload: bool = False
    also: tuple[str, ...] = ()
    frames: int = Field(default=8, ge=2, le=32)
    side: int = Field(default=768, ge=192, le=2048)
    quality: int = Field(default=80, ge=30, le=95)
    max_bytes: int = Field(default=8_000_000, ge=1)
    max_input_tokens: int = Field(default=60_000, ge=1)
    max_tokens: int = Field(default=16_384, ge=64)
    max_cost: float = Field(default=0.50, ge=0)
    timeout: float = Field(default=180.0, gt=0)
    patience: float = Field(default=600.0, gt=0)
    tries: int = Field(default=4, ge=1, le=10)
    cache: bool = True
    seed: int = Field(default=0, ge=0)
    device: str | None = None


def asking_of(settings: Mapping[str, Any]) -> Asking:
    """The settings by name, values as written. Raises UsageError for an unknown one or a bad value."""
    try:
        return Asking.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"--reasoner-set {name}: {first['msg']}", remedy="See docs/how-to/reason.md.") from error
