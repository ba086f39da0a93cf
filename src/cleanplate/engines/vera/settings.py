"""What a user may choose of how the engine works. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.engines.learned.named import put
from cleanplate.errors import UsageError
from cleanplate.models.catalogue.system import System
from cleanplate.models.running.settings import DType, Running
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.economy import Economy

_DTYPES: Mapping[str, DType] = {"cpu": "float32", "cuda": "bfloat16"}
"""In what a device computes fastest."""
_REMEDY = "See docs/how-to/faster.md and `cleanplate add --help`."


class Settings(BaseModel):
    """Settings of the engine.

    Attributes:
        sampling: how a window is drawn, where it shall not be as the model says; its economy counts where a mask or box
            says what may change.
        running: what is traded for memory or speed.
        window: frames of a window, 1 + k x the codec's stride; None is the model's own.
        pixels: rows times columns of the working size at most; None is the model's own.
        edges: soft edges of a kept subject are freed of the old background's colour.
        finish: what is drawn much smaller than the plate gets sharper outlines and the plate's grain.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sampling: Sampling = Sampling(economy=Economy())
    running: Running = Running()
    window: Annotated[int, Field(ge=1)] | None = None
    pixels: Annotated[int, Field(ge=1)] | None = None
    edges: bool = True
    finish: bool = True

    def sampling_of(self, *, masked: bool) -> Sampling:
        """The sampler's settings for an edit that is bounded by a mask, or is not."""
        return self.sampling if masked else self.sampling.model_copy(update={"economy": None})

    def of(self, system: System, device: str) -> Settings:
        """With what suits the system and the device where nothing was chosen.

        Raises:
            UsageError: the device cannot do what was.
        """
        if device == "cpu" and self.running.offload:
            raise UsageError(
                "running.offload spares the memory of an accelerator, and there is none here",
                remedy="Leave it out; running.fp8=yes takes less of the computer's memory.",
            )
        chosen = {name: getattr(self.sampling, name) for name in self.sampling.model_fields_set}
        suiting = {} if "dtype" in self.running.model_fields_set else {"dtype": _DTYPES[device]}
        sampling, running = system.sampling.model_copy(update=chosen), self.running.model_copy(update=suiting)
        return self.model_copy(update={"sampling": sampling, "running": running})


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Settings by name: `steps` and others of the sampler, `economy` to switch it, and any by its path with dots.

    Raises:
        UsageError: an unknown name, or a value that makes no sense.
    """
    tree: dict[str, Any] = {"sampling": {"economy": {}}}
    for name, value in options.items():
        if name == "economy" and isinstance(value, bool):
            tree["sampling"]["economy"] = {} if value else None
        else:
            put(tree, ("sampling." if name in Sampling.model_fields else "") + name, value, _REMEDY)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", remedy=_REMEDY) from error
