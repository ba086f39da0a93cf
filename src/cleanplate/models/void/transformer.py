"""VOID's transformer from weights on disk, tensor by tensor. Diffusers' class computes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from cleanplate.errors import InputError, missing_extra
from cleanplate.models.void.config import VoidConfig, geometry
from cleanplate.models.void.layouts import Layout, layout_of, plainly, spelled
from cleanplate.models.void.widen import narrow, widened
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.fit import Shape, differences, shapes_of, wanted

if TYPE_CHECKING:
    from diffusers import CogVideoXTransformer3DModel

_PATCHES = "patch_embed.proj.weight"
_OTHER = "Name one pass of VOID: void_pass1.safetensors, void_pass2.safetensors, or one that was trained from them."
_START = "Name a pass of VOID, or the transformer of CogVideoX-Fun-V1.5-5b-InP."


def skeleton(config: VoidConfig) -> CogVideoXTransformer3DModel:
    """The transformer on the meta device: every shape, no memory. Raises ResourceError without diffusers."""
    try:
        from diffusers import CogVideoXTransformer3DModel
    except ImportError as error:
        raise missing_extra(error.name or "diffusers", "learned") from error
    with torch.device("meta"):
        return CogVideoXTransformer3DModel(**config.arguments)


def needed(config: VoidConfig, layout: Layout = "diffusers") -> dict[str, Shape | None]:
    """What a checkpoint must have, by its own names."""
    ours = shapes_of(skeleton(config))
    return wanted({spelled(name, layout): (name,) for name in ours}, ours)


def told(shapes: Mapping[str, Shape], where: Path) -> tuple[VoidConfig, Layout]:
    """What a checkpoint's shapes say of its transformer. Raises InputError where they are no CogVideoX's."""
    layout = layout_of(shapes)
    if layout is None:
        raise InputError("these are not the weights of a CogVideoX transformer", where=str(where), remedy=_OTHER)
    try:
        return geometry({plainly(name, layout): shape for name, shape in shapes.items()}), layout
    except KeyError as error:
        raise InputError(f"the weights lack {error.args[0]}", where=str(where), remedy=_OTHER) from error
    except ValueError as error:
        raise InputError("no CogVideoX transformer has these shapes", where=str(where), remedy=_OTHER) from error


def load(path: Path, config: VoidConfig | None = None, dtype: torch.dtype | None = None) -> CogVideoXTransformer3DModel:
    """One pass of VOID, on the CPU, in evaluation mode.

    Args:
        path: safetensors in the published layout or ComfyUI's: a file, or a folder with one file or an index.
        config: that the weights must have; None takes VOID of any geometry.
        dtype: of the weights; None keeps what is stored.

    Raises:
        InputError: no such weights, a pickle, half a download, tensors missing or left over, or another geometry.
        ResourceError: diffusers or safetensors is not installed.
    """
    checkpoint = Checkpoint.open(path)
    found, layout = told(checkpoint.shapes, path)
    if found.in_channels != 3 * found.channels:
        raise InputError(
            f"this transformer reads {found.in_channels} channels; VOID reads noise, mask and source, "
            f"{3 * found.channels} in all",
            where=str(path),
            remedy=f"It is what VOID is trained from, perhaps. {_OTHER}",
        )
    return _filled(checkpoint, layout, config or found, dtype, _OTHER)


def start(
    path: Path, config: VoidConfig | None = None, dtype: torch.dtype | None = None
) -> CogVideoXTransformer3DModel:
    """First weights of VOID for training, on the CPU.

    Args:
        path: a pass of VOID, taken as it is; or CogVideoX-Fun's inpainting base or a model that was trained from it
            with one channel of mask, such as Gen-Omnimatte: widened, see `widen`. In any layout that `load` takes.
        config, dtype: see `load`.

    Raises:
        InputError, ResourceError: see `load`.
    """
    checkpoint = Checkpoint.open(path)
    found, layout = told(checkpoint.shapes, path)
    slim = narrow(config or found)
    if found.in_channels != slim.in_channels:
        return _filled(checkpoint, layout, config or found, dtype, _START)
    weights = _filled(checkpoint, layout, slim, dtype, _START).state_dict()
    weights[_PATCHES] = widened(weights[_PATCHES], slim.channels)
    model = skeleton(config or found.model_copy(update={"in_channels": 3 * found.channels}))
    model.load_state_dict(weights, assign=True)
    return model.eval()


def _filled(
    checkpoint: Checkpoint, layout: Layout, config: VoidConfig, dtype: torch.dtype | None, remedy: str
) -> CogVideoXTransformer3DModel:
    """The checkpoint's own tensors, after names and shapes have been found to be the model's."""
    difference = next(differences(checkpoint.shapes, needed(config, layout)), None)
    if difference is not None:
        raise InputError(difference, where=str(checkpoint.path), remedy=remedy)
    model = skeleton(config)
    for name, tensor in checkpoint.tensors():
        weights = {plainly(name, layout): tensor.to(dtype=dtype, copy=True)}
        model.load_state_dict(weights, strict=False, assign=True)
    return model.eval()
