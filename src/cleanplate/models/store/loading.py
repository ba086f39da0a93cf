"""From weights on disk to a mixture, tensor by tensor; and back to disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cleanplate.errors import InputError
from cleanplate.files import whole_folder
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.written import OTHER, read_system, write_config
from cleanplate.models.mixture import wan
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.mixture.model import Mixture, skeleton
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.fit import Shape, differences, shapes_of, wanted


def from_wan(config: MixtureConfig, path: Path, dtype: torch.dtype | None = None) -> Mixture:
    """A mixture that starts from a Wan2.1 text-to-video transformer: each branch gets a copy, what is new is zero.

    Args:
        config: the mixture; its geometry must be the checkpoint's.
        path: safetensors in the layout of the Wan2.1 repository or of diffusers: a file, or a folder with an index.
        dtype: of the weights; None keeps what is stored.

    Raises:
        InputError: no such weights, a pickle, half a download, tensors missing or left over, or another geometry.
    """
    checkpoint = Checkpoint.open(path)
    layout = wan.layout_of(checkpoint.shapes)
    if layout is None:
        raise InputError("these are not the weights of a Wan2.1 transformer", where=str(path), remedy=OTHER)
    model = skeleton(config)
    _fill(model, checkpoint, wan.targets(config, layout), dtype)
    untaught = wan.untaught(config)
    zeros = {name: torch.zeros(part.shape, dtype=dtype) for name, part in model.named_parameters() if name in untaught}
    model.load_state_dict(zeros, strict=False, assign=True)
    return model.eval()


def save(model: Mixture, system: System, folder: Path, shard: str = "5GB") -> None:
    """Write config.json and safetensors, whole or not at all. Raises InputError where there is a folder already."""
    from huggingface_hub import save_torch_state_dict

    with whole_folder(folder) as partial:
        write_config(system, partial)
        save_torch_state_dict(model.state_dict(), partial, max_shard_size=shard)


def is_wan(path: Path) -> bool:
    """Whether these are weights of a Wan2.1 transformer, in either layout. Raises InputError, see `Checkpoint.open`."""
    return wan.layout_of(Checkpoint.open(path).shapes) is not None


def load(folder: Path, dtype: torch.dtype | None = None) -> tuple[Mixture, System]:
    """A model that `save` wrote. Raises InputError for anything else, naming what is missing or left over."""
    system = read_system(folder)
    model = skeleton(system.transformer)
    _fill(model, Checkpoint.open(folder), {name: (name,) for name in model.state_dict()}, dtype)
    return model.eval(), system


def _fill(model: Mixture, checkpoint: Checkpoint, targets: wan.Targets, dtype: torch.dtype | None) -> None:
    """Give every tensor of the checkpoint to those in the model that want it; each gets memory of its own."""
    _check(checkpoint, targets, shapes_of(model))
    for name, tensor in checkpoint.tensors():
        model.load_state_dict({ours: _own(tensor, dtype) for ours in targets[name]}, strict=False, assign=True)


def _own(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    return tensor.to(dtype=dtype, copy=True)


def _check(checkpoint: Checkpoint, targets: wan.Targets, shapes: Mapping[str, Shape]) -> None:
    """Before anything is read: no tensor missing, none left over, none of another shape."""
    difference = next(differences(checkpoint.shapes, wanted(targets, shapes)), None)
    if difference is not None:
        raise InputError(difference, where=str(checkpoint.path), remedy=OTHER)
