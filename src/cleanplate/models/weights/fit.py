"""Whether a checkpoint has a model's tensors: by their names and shapes, without reading any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cleanplate.models.weights.checkpoint import listed

if TYPE_CHECKING:
    from torch import nn

Shape = tuple[int, ...]


def shapes_of(model: nn.Module) -> dict[str, Shape]:
    """Of everything that is saved with a model."""
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def wanted(targets: Mapping[str, tuple[str, ...]], shapes: Mapping[str, Shape]) -> dict[str, Shape | None]:
    """What a checkpoint must have, by its own names; None where any shape will do, since nothing takes the tensor.

    Args:
        targets: by name in the checkpoint, the names in the model, all of one shape.
        shapes: by name in the model.
    """
    return {name: next((shapes[home] for home in homes), None) for name, homes in targets.items()}


def differences(found: Mapping[str, Shape], needed: Mapping[str, Shape | None]) -> Iterator[str]:
    """A sentence for what is missing, one for what is left over, and one for every other shape."""
    if missing := needed.keys() - found.keys():
        yield f"the weights lack {listed(missing)}"
    if left := found.keys() - needed.keys():
        yield f"nothing in the model takes {listed(left)}"
    for name in sorted(needed.keys() & found.keys()):
        shape = needed[name]
        if shape is not None and found[name] != shape:
            yield f"{name} is {_times(found[name])}, the model wants {_times(shape)}"


def _times(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a number"
