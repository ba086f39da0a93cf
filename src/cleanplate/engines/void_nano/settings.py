"""What a user may choose of how the engine works. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.errors import UsageError
from cleanplate.models.sampling.settings import Part, Sampling
from cleanplate.models.sparse.economy import Economy

_ECONOMY = Economy(ring=1, ring_frames=0, near=1)
"""As in training: the tokens beside what may change are answered for, those next to them are looked at."""
_REMEDY = "See docs/how-to/void-nano.md and `cleanplate remove --help`."


class Settings(BaseModel):
    """Settings of the engine.

    Attributes:
        steps: calls of the model, from noise to the answer; None asks as often as the model was trained to be.
        residual: how much of the colours that the model adds is laid over the plate's own.
        crop: a close look at a small event, instead of the whole frame, as in training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    residual: Part = 1.0
    crop: bool = False

    def sampling(self, own: Sampling) -> Sampling:
        """How the model is asked, where it is asked like that by itself."""
        chosen: dict[str, Any] = {} if self.steps is None else {"steps": self.steps}
        return own.model_copy(update={"economy": own.economy or _ECONOMY, **chosen})


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Settings by name. Raises UsageError for an unknown one, or a value that makes no sense."""
    spoken = {"yes": True, "no": False}
    try:
        return Settings.model_validate({name: spoken.get(value, value) for name, value in options.items()})
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", remedy=_REMEDY) from error
