"""Small models of ours in folders: config.json, which says what they are made of, and safetensors in 16 bits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from pydantic import BaseModel
from safetensors.torch import save_file
from torch import nn

from cleanplate.errors import InputError
from cleanplate.files import whole_folder, write_text
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.fit import differences, shapes_of

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
S = TypeVar("S", bound=BaseModel)
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class Kind(Generic[S, M]):
    """One kind of model.

    Attributes:
        format: that its config states.
        shape: what its config says it is made of.
        made: of such a shape.
        name: for errors.
        remedy: where a folder holds none.
    """

    format: str
    shape: type[S]
    made: Callable[[S], M]
    name: str
    remedy: str


def save(model: nn.Module, shape: BaseModel, kind: Kind[S, M], folder: Path) -> None:
    """Write it, whole or not at all. Raises InputError where there is a folder."""
    halves = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    with whole_folder(folder) as partial:
        written = {"format": kind.format, "shape": shape.model_dump(mode="json")}
        write_text(partial / _CONFIG, json.dumps(written, indent=1) + "\n")
        save_file(halves, partial / _WEIGHTS)


def load(kind: Kind[S, M], folder: Path) -> M:
    """What `save` wrote, in float32, not to be trained.

    Raises:
        InputError: anything else, naming what is missing or left over.
    """
    model = described(kind, folder)
    checkpoint = Checkpoint.open(folder)
    for difference in differences(checkpoint.shapes, shapes_of(model)):
        raise InputError(difference, where=str(folder), remedy=kind.remedy)
    model.load_state_dict({name: tensor.float() for name, tensor in checkpoint.tensors()}, assign=True)
    return model.eval().requires_grad_(False)


def described(kind: Kind[S, M], folder: Path) -> M:
    """What the config of a folder says, without weights. Raises InputError for another's config, or none."""
    try:
        written = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        if not isinstance(written, dict) or written.get("format") != kind.format:
            raise InputError(f"this is no {kind.name} of ours", where=str(folder / _CONFIG), remedy=kind.remedy)
        with torch.device("meta"):
            return kind.made(kind.shape.model_validate(written.get("shape")))
    except (OSError, ValueError) as error:
        raise InputError(f"this is no config of our {kind.name}", where=str(folder), remedy=kind.remedy) from error
