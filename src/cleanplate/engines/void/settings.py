"""What a user may choose of how the engine works. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cleanplate.engines.learned.named import put
from cleanplate.engines.void.framing import PIXELS
from cleanplate.engines.void.morph.score import THRESHOLD
from cleanplate.engines.void.padding import WINDOW, is_padded, latents_of
from cleanplate.engines.void.timing import RATE
from cleanplate.engines.void.windows import OVERLAP
from cleanplate.errors import UsageError
from cleanplate.models.running.settings import DType, Running
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.void.schedule import GUIDANCE, NOISE, STEPS

RAFT = "raft"
"""The flow that is a network's; see `registry.FLOWS`."""
PassTwo = Literal["auto", "always", "never"]
_DTYPES: Mapping[str, DType] = {"cpu": "float32", "cuda": "bfloat16"}
"""In what a device computes fastest."""
_SWITCH: Mapping[Any, Any] = {True: {}, "yes": {}, False: None, "no": None}
_MOST_STEPS = 1000
_REMEDY = "See docs/how-to/void.md and `cleanplate remove --help`."


class Pass(BaseModel):
    """How one pass is sampled.

    Attributes:
        steps: of DDIM.
        guidance: scale of classifier-free guidance; 1 asks once a step instead of twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Annotated[int, Field(ge=1, le=_MOST_STEPS)]
    guidance: Annotated[float, Field(ge=1)]


class Settings(BaseModel):
    """Settings of the engine; the defaults are what the published weights are sampled with.

    Attributes:
        first, second: the passes.
        pass2: whether the second pass runs; `auto` leaves that to the morph check.
        threshold: how far a thing may depart from smooth motion before the second pass runs; see `morph.score`.
        flow: the method that follows the first pass's motion, for the second; see `registry.flow`.
        flow_weights: that method's, where it takes any: a folder or file; None takes them from where they are kept.
        negative: what guidance leads away from.
        noise: on the plate that the model is told, standard deviation in -1..1.
        background: still background comes from the plate's other frames where these show it, instead of the codec.
        grain: what is drawn gets the plate's grain.
        crop: a close look at a small event, instead of the whole frame.
        window: frames drawn together, 8 k + 5.
        pixels: rows times columns of the working size at most.
        rate: frames a second that are drawn at most.
        economy: which tokens are not computed at every step, see `sparing`; None computes all. It changes the result a
            little.
        batched: with guidance, both questions go through the transformer together.
        running: what is traded for memory or speed.
        max_vram: gigabytes that the models may take; ways to run that take more are passed over for gentler ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Pass = Pass(steps=STEPS[1], guidance=GUIDANCE[1])
    second: Pass = Pass(steps=STEPS[2], guidance=GUIDANCE[2])
    pass2: PassTwo = "auto"
    threshold: Annotated[float, Field(gt=0)] = THRESHOLD
    flow: str = "dis"
    flow_weights: str | None = None
    negative: str = ""
    noise: Annotated[float, Field(ge=0, le=1)] = NOISE
    background: bool = True
    grain: bool = True
    crop: bool = False
    window: int = WINDOW
    pixels: Annotated[int, Field(ge=1)] = PIXELS
    rate: Annotated[float, Field(gt=0, le=120)] = RATE
    economy: Economy | None = None
    batched: bool = False
    running: Running = Running()
    max_vram: Annotated[float, Field(gt=0)] | None = None

    @field_validator("economy")
    @classmethod
    def _unfrozen(cls, economy: Economy | None) -> Economy | None:
        if economy is not None and economy.freeze < 1:
            raise ValueError("the video is the only branch, and cannot be frozen")
        return economy

    @field_validator("window")
    @classmethod
    def _bearable(cls, frames: int) -> int:
        if not is_padded(frames):
            raise ValueError(f"the model bears windows of 8 k + 5 frames, such as 45 or {WINDOW}, not of {frames}")
        return frames

    @property
    def size(self) -> int:
        """Latent frames of a window."""
        return latents_of(self.window)

    @property
    def overlap(self) -> int:
        """Latent frames that a window shares with the next."""
        return min(OVERLAP, self.size // 4 * 2)

    @property
    def refresh(self) -> int:
        """Everything is computed at every so manieth step."""
        return 1 if self.economy is None else self.economy.refresh

    def of(self, device: str) -> Settings:
        """With what suits the device where nothing was chosen.

        Raises:
            UsageError: the device cannot do what was.
        """
        if device == "cpu" and self.running.offload:
            raise UsageError(
                "running.offload spares the memory of an accelerator, and there is none here",
                remedy="Leave it out; running.fp8=yes takes less of the computer's memory.",
            )
        suiting = {} if "dtype" in self.running.model_fields_set else {"dtype": _DTYPES[device]}
        return self.model_copy(update={"running": self.running.model_copy(update=suiting)})


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Settings by name, any by its path with dots; `steps` are those of both passes.

    Raises:
        UsageError: an unknown name, or a value that makes no sense.
    """
    plain = Settings()
    tree: dict[str, Any] = {name: getattr(plain, name).model_dump() for name in ("first", "second")}
    for name, value in options.items():
        if name == "economy" and value in _SWITCH:
            tree[name] = _SWITCH[value]
            continue
        for path in ("first.steps", "second.steps") if name == "steps" else (name,):
            put(tree, path, value, _REMEDY)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{'.'.join(map(str, first['loc']))}: {what}", remedy=_REMEDY) from error
