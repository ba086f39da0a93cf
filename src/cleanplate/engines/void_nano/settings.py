"""What a user may choose of how the engine works. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.engines.learned.named import put
from cleanplate.engines.void.morph.score import THRESHOLD
from cleanplate.engines.void.settings import PassTwo
from cleanplate.errors import UsageError
from cleanplate.models.sampling.settings import Part, Sampling
from cleanplate.models.sparse.economy import Economy

_ECONOMY = Economy(ring=1, ring_frames=0, near=1)
"""As in training: the tokens beside what may change are answered for, those next to them are looked at."""
_REMEDY = "See docs/how-to/void-nano.md and `cleanplate remove --help`."
_Calls = Annotated[int, Field(ge=1, le=1000)]


class Second(BaseModel):
    """How the second pass goes on from the first one's answer.

    Attributes:
        steps: calls of the model.
        level: of the noise that the answer is brought to: 1 forgets it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: _Calls = 2
    level: Annotated[float, Field(gt=0, le=1)] = 0.7


class Settings(BaseModel):
    """Settings of the engine.

    Attributes:
        steps: calls of the model, from noise to the first answer; None asks as often as the model was trained to be.
        pass2: whether the second pass runs; `auto` leaves that to the morph check. On held-back pairs it did harm.
        threshold: how far a thing may depart from smooth motion before the second pass runs; see `morph.score`.
        second: the second pass.
        rigid: every thing is moved as a whole, without being bent or stretched; without it each pixel goes its own way.
        residual: how much of the colours that the model adds is laid over the plate's own.
        crop: a close look at a small event, instead of the whole frame, as in training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: _Calls | None = None
    pass2: PassTwo = "never"
    threshold: Annotated[float, Field(gt=0)] = THRESHOLD
    second: Second = Second()
    rigid: bool = True
    residual: Part = 1.0
    crop: bool = False

    def sampling(self, own: Sampling) -> Sampling:
        """How the model is asked, where it is asked like that by itself."""
        chosen: dict[str, Any] = {} if self.steps is None else {"steps": self.steps}
        return own.model_copy(update={"economy": own.economy or _ECONOMY, **chosen})

    def calls(self, own: Sampling) -> int:
        """Of the model at most, of one that is asked like that by itself."""
        return self.sampling(own).steps + (0 if self.pass2 == "never" else self.second.steps)


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Settings by name, any by its path with dots. Raises UsageError for an unknown one, or a senseless value."""
    spoken, tree = {"yes": True, "no": False}, dict[str, Any]()
    for name, value in options.items():
        put(tree, name, spoken.get(value, value), _REMEDY)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", remedy=_REMEDY) from error
