"""RAFT's weights: whether a checkpoint has them, and the network that they make."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import torch

from cleanplate.errors import InputError
from cleanplate.models.flow.layouts import Layout, layout_of, targets
from cleanplate.models.flow.raft import Raft
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.fit import Shape, differences, shapes_of

_OTHER = "Name weights of RAFT, the large one: torchvision's raft_large, or its authors' raft-things and kin."


def shapes() -> dict[str, Shape]:
    """Of every tensor that is saved, by name; no memory is taken."""
    with torch.device("meta"):
        return shapes_of(Raft())


def parameters() -> dict[str, Shape]:
    """Of those among them that are learned by descent."""
    with torch.device("meta"):
        return {name: tuple(part.shape) for name, part in Raft().named_parameters()}


def needed(names: Collection[str], layout: Layout) -> dict[str, Shape | None]:
    """What a checkpoint with these names must have, by its own; what it lacks stands under our name."""
    ours, taken = shapes(), targets(names, layout)
    known = {name: ours.get(homes[0]) if homes else None for name, homes in taken.items() if not set(homes) - set(ours)}
    lacking = ours.keys() - {home for homes in taken.values() for home in homes}
    return known | {name: ours[name] for name in lacking}


def opened(path: Path) -> tuple[Checkpoint, Layout]:
    """Weights whose names and shapes are RAFT's; none is read yet.

    Args:
        path: safetensors in either layout: a file, or a folder with one file.

    Raises:
        InputError: no such weights, a pickle, half a download, another network's, tensors missing or left over.
        ResourceError: safetensors is not installed.
    """
    checkpoint = Checkpoint.open(path)
    layout = layout_of(checkpoint.shapes)
    if layout is None:
        raise InputError("these are not the weights of RAFT, the large one", where=str(path), remedy=_OTHER)
    difference = next(differences(checkpoint.shapes, needed(checkpoint.shapes, layout)), None)
    if difference is not None:
        raise InputError(difference, where=str(path), remedy=_OTHER)
    return checkpoint, layout


def load(path: Path) -> Raft:
    """The network in 32 bits on the CPU, in evaluation mode. Raises what `opened` does."""
    checkpoint, layout = opened(path)
    homes = targets(checkpoint.shapes, layout)
    model = Raft()
    model.load_state_dict({home: tensor for name, tensor in checkpoint.tensors() for home in homes[name]})
    return model.eval().requires_grad_(False)
