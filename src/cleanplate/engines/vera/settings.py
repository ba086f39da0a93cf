"""What a user may choose of how the engine works. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.errors import UsageError
from cleanplate.models.economy import Economy
from cleanplate.models.sampling.settings import Sampling


class Settings(BaseModel):
    """Settings of the engine.

    Attributes:
        sampling: how a window is drawn.
        window: frames of a window, 1 + k x the codec's stride; None is the model's own.
        pixels: rows times columns of the working size at most; None is the model's own.
        economy: where a mask or box says what may change, little else is computed.
        edges: soft edges of a kept subject are freed of the old background's colour.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sampling: Sampling = Sampling()
    window: Annotated[int, Field(ge=1)] | None = None
    pixels: Annotated[int, Field(ge=1)] | None = None
    economy: bool = True
    edges: bool = True

    def sampling_of(self, *, masked: bool) -> Sampling:
        """The sampler's settings for an edit that is bounded by a mask, or is not."""
        if self.economy and masked and self.sampling.economy is None:
            return self.sampling.model_copy(update={"economy": Economy()})
        return self.sampling


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Settings by name, those of the sampler among them. Raises UsageError for what makes no sense."""
    inner = {name: value for name, value in options.items() if name in Sampling.model_fields and name != "economy"}
    outer = {name: value for name, value in options.items() if name not in inner}
    try:
        return Settings.model_validate({"sampling": inner, **outer})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][-1]) if first["loc"] else "settings"
        raise UsageError(f"{name}: {first['msg']}", remedy="See `cleanplate add --help`.") from error
