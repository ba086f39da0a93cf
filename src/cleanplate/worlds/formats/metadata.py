"""`metadata.json`: where a sample comes from and what happened in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from cleanplate.errors import InputError

METADATA = "metadata.json"
PROMPT = "prompt.json"

Document = TypeVar("Document", bound=BaseModel)


class Changed(BaseModel):
    """A thing that goes another way without what was removed.

    Attributes:
        onset: the first frame on which it differs.
        metres, degrees: by how much it differs at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    onset: int = Field(ge=0)
    metres: float = Field(default=0.0, ge=0)
    degrees: float = Field(default=0.0, ge=0)


class VoidMetadata(BaseModel):
    """Of one counterfactual pair.

    Attributes:
        scene: digest of the scene (`Scene.digest`).
        removed: names of what was removed.
        instruction: how a person would ask for it; `caption`: what is seen once it is gone.
        rate: frames a second; `frames` is filled in by the writer.
        facts: whatever else the maker wants to say (renderer, camera, tier).
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    version: Literal[1] = 1
    scene: str = ""
    family: str = ""
    seed: int = 0
    removed: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    instruction: str = ""
    caption: str = ""
    rate: float = Field(default=12.0, gt=0)
    frames: int = Field(default=0, ge=0)
    facts: dict[str, JsonValue] = {}


class _Prompt(BaseModel):
    """Beside the clips of VOID's published evaluation inputs: the scene after the removal, in words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bg: str


def read_prompt(folder: Path) -> str:
    """What `prompt.json` in a sample's folder says of the scene afterwards; empty where there is none.

    Raises InputError for one without ``bg``.
    """
    document = _read(_Prompt, folder / PROMPT, "this is no prompt of a sample")
    return document.bg.strip() if document is not None else ""


def read_metadata(folder: Path) -> VoidMetadata | None:
    """The metadata in a sample's folder; None where there is none. Raises InputError for what is not ours."""
    return _read(VoidMetadata, folder / METADATA, "this is no metadata of a sample")


def _read(model: type[Document], path: Path, otherwise: str) -> Document | None:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        told = f"{place}: {first['msg']}" if place else first["msg"]
        raise InputError(f"{otherwise} ({told})", where=str(path)) from error
