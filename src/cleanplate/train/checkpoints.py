"""Where a run stands, on disk: safetensors and JSON, whole or not at all, and never a pickle."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.distributed import is_initialized
from torch.distributed.checkpoint.state_dict import (
    OptimizerStateType,
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from cleanplate.errors import InputError
from cleanplate.files import whole_folder

_STATE, _WEIGHTS, _MEAN, OPTIMISER = "state.json", "weights.safetensors", "ema.safetensors", "optimiser.safetensors"
_WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)
_KEPT = 2
_REMEDY = "Take this checkpoint's folder away; training goes on from the one before."


@dataclass(frozen=True)
class State:
    """What is kept besides tensors.

    Attributes:
        step: how many are done.
        recipe: as JSON; a run only goes on with the recipe that it began with.
    """

    step: int
    recipe: str


class Checkpoints:
    """The checkpoints of one run, by step; the last two are kept.

    Args:
        folder: theirs alone.
        writes: on the first process only; the others take part in gathering.
    """

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self._folder, self._writes = folder, writes

    def save(self, state: State, model: nn.Module, optimiser: Optimizer, ema: Mapping[str, Tensor]) -> None:
        """Write everything that the run needs to go on. All processes call it."""
        weights = whole_state(model)
        moments = _flat(_state_of(model, optimiser))
        if not self._writes:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{state.step:08d}"
        if place.exists():
            return
        with whole_folder(place) as partial:
            for name, tensors in ((_WEIGHTS, weights), (_MEAN, ema), (OPTIMISER, moments)):
                save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, partial / name)
            text = json.dumps({"step": state.step, "recipe": json.loads(state.recipe)}, indent=1)
            (partial / _STATE).write_text(text + "\n", encoding="utf-8")
        for old in self._steps()[:-_KEPT]:
            shutil.rmtree(self._folder / f"{old:08d}")

    def restore(self, recipe: str, model: nn.Module, optimiser: Optimizer) -> tuple[int, dict[str, Tensor]] | None:
        """Put the last checkpoint back; the steps done and the averaged weights. None where there is none.

        One that has travelled without its optimiser's moments begins these anew.

        Raises:
            InputError: a damaged checkpoint, or one of another recipe.
        """
        if (last := self.last(recipe)) is None:
            return None
        step, place = last
        try:
            ema = load_file(place / _MEAN)
            weights = load_file(place / _WEIGHTS) if self._writes else {}
            travelled = not (place / OPTIMISER).exists()
            moments = load_file(place / OPTIMISER) if self._writes and not travelled else {}
        except (OSError, ValueError, SafetensorError) as error:
            raise _unreadable(place) from error
        options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=is_initialized())
        set_model_state_dict(model, weights, options=options)
        if travelled:
            return step, ema
        known = get_optimizer_state_dict(model, optimiser, options=_WHOLE)
        whole = {"state": _nested(moments), "param_groups": known["param_groups"]} if self._writes else {}
        set_optimizer_state_dict(model, optimiser, cast(OptimizerStateType, whole), options=options)
        return step, ema

    def last(self, recipe: str) -> tuple[int, Path] | None:
        """The steps done at the last checkpoint, and its folder; None where there is none.

        Raises:
            InputError: it is damaged, or of another recipe.
        """
        if not self._steps():
            return None
        place = self._folder / f"{self._steps()[-1]:08d}"
        try:
            state = json.loads((place / _STATE).read_text(encoding="utf-8"))
            step, own = int(state["step"]), state["recipe"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unreadable(place) from error
        if own != json.loads(recipe):
            raise InputError(
                "the run there was made by another recipe",
                where=str(place),
                remedy="Choose another folder, or go on with the recipe that is written beside the checkpoints.",
            )
        return step, place

    def _steps(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        return sorted(int(entry.name) for entry in self._folder.iterdir() if entry.name.isdigit())


def _unreadable(place: Path) -> InputError:
    return InputError("this checkpoint cannot be read", where=str(place), remedy=_REMEDY)


def _state_of(model: nn.Module, optimiser: Optimizer) -> Mapping[str, Mapping[str, Tensor]]:
    """Gathered on the first process; empty on the others."""
    gathered = get_optimizer_state_dict(model, optimiser, options=_WHOLE)
    return cast(dict[str, dict[str, Tensor]], gathered.get("state", {}))


def _flat(state: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Of an optimiser: parameter and moment in one name."""
    return {f"{name}:{moment}": tensor for name, moments in state.items() for moment, tensor in moments.items()}


def _nested(flat: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    nested: dict[str, dict[str, Tensor]] = {}
    for key, tensor in flat.items():
        name, _, moment = key.rpartition(":")
        nested.setdefault(name, {})[moment] = tensor.clone()
    return nested


def whole_state(model: nn.Module) -> dict[str, Tensor]:
    """A copy of all weights, gathered from all processes, on the CPU. All processes call it."""
    gathered = cast(dict[str, Tensor], get_model_state_dict(model, options=_WHOLE))
    return {name: tensor.clone() for name, tensor in gathered.items()}


def named_whole(model: nn.Module, values: Sequence[Tensor]) -> dict[str, Tensor]:
    """One value for each learning parameter, under its name, gathered, on the CPU. All processes call it."""
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    return {name: _gathered(value).detach().cpu() for name, value in zip(names, values, strict=True)}


def spread_into(value: Tensor, whole: Tensor) -> None:
    """Fill a value, each process its own part of it."""
    if isinstance(value, DTensor):
        value.copy_(distribute_tensor(whole.to(value.device), value.device_mesh, value.placements))
    else:
        value.copy_(whole)


def _gathered(value: Tensor) -> Tensor:
    return value.full_tensor() if isinstance(value, DTensor) else value
