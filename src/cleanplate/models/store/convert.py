"""From one layout of weights to another, tensor by tensor: memory holds one file of them, whatever the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from cleanplate.errors import InputError, UsageError
from cleanplate.files import disk_errors, whole_folder
from cleanplate.models.catalogue import flows
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.table import MODELS, model
from cleanplate.models.catalogue.written import is_ours, read_system, write_config
from cleanplate.models.flow import layouts
from cleanplate.models.flow.loading import needed
from cleanplate.models.mixture import wan
from cleanplate.models.mixture.model import skeleton
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.fit import differences, shapes_of, wanted
from cleanplate.progress import Progress

DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
)
_SHARD = 5_000_000_000


@dataclass(frozen=True)
class Converted:
    """What has been written.

    Attributes:
        kind: what the input was, in `CONVERTERS`.
        tensors, bytes: how many.
        system: of the model; None for one that makes no videos.
    """

    kind: str
    tensors: int
    bytes: int
    system: System | None


@dataclass(frozen=True)
class Plan:
    """What becomes of a checkpoint.

    Attributes:
        targets: for every tensor of the input the names that it gets.
        described: writes the config into a folder.
        system: see `Converted`.
        zeros: shapes by name of what is zero.
    """

    targets: wan.Targets
    described: Callable[[Path], None]
    system: System | None = None
    zeros: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @staticmethod
    def of(system: System, targets: wan.Targets, zeros: Mapping[str, tuple[int, ...]]) -> Plan:
        """A mixture's."""
        return Plan(targets, partial(write_config, system), system, zeros)


@dataclass(frozen=True)
class Converter:
    """A kind of weights that we read.

    Attributes:
        summary: one line for the user.
        takes: whether a checkpoint is of this kind.
        plan: what becomes of it, given the user's `--to`. Raises InputError or UsageError.
    """

    summary: str
    takes: Callable[[Checkpoint], bool]
    plan: Callable[[Checkpoint, str | None], Plan]


def convert(
    source: Path, out: Path, to: str | None = None, dtype: str | None = None, *, progress: Progress, shard: int = _SHARD
) -> Converted:
    """Write a model in our format.

    Args:
        source: a file or folder of safetensors of a kind that `CONVERTERS` knows, or a folder with a `transformer`.
        out: the folder to write; whole or not at all.
        to: the row of the table to write, or the folder of a model of ours whose kind to write. None takes the only one
            that fits.
        dtype: in `DTYPES`; None keeps what is stored.
        shard: the most bytes of a file.

    Raises:
        UsageError: an unknown dtype or model, or none that is the only one.
        InputError: weights of no known kind, of another model, pickled or half, or something at `out` already.
    """
    if dtype is not None and dtype not in DTYPES:
        raise UsageError(f"there is no dtype '{dtype}'", remedy=f"Choose one of: {', '.join(DTYPES)}.")
    within = source / "transformer"
    checkpoint = Checkpoint.open(within if within.is_dir() else source)
    kind = next((kind for kind, converter in CONVERTERS.items() if converter.takes(checkpoint)), None)
    if kind is None:
        known = "; ".join(f"{name}: {converter.summary}" for name, converter in CONVERTERS.items())
        raise InputError("these weights are of no kind that is converted", where=str(source), remedy=f"Known: {known}.")
    plan = CONVERTERS[kind].plan(checkpoint, to)
    with disk_errors(out), whole_folder(out) as made:
        writer = _Shards(made, shard)
        with progress.task("Converting", total=len(checkpoint.shapes)) as tick:
            for name, tensor in _renamed(checkpoint, plan, DTYPES[dtype] if dtype else None, tick):
                writer.add(name, tensor)
        writer.close()
        plan.described(made)
    return Converted(kind, len(writer.homes), writer.bytes, plan.system)


def _renamed(
    checkpoint: Checkpoint, plan: Plan, dtype: torch.dtype | None, tick: Callable[[], None]
) -> Iterator[tuple[str, Tensor]]:
    stored = dtype
    for name, tensor in checkpoint.tensors():
        stored = stored or tensor.dtype
        kind = dtype if dtype and tensor.is_floating_point() else tensor.dtype
        for ours in plan.targets[name]:
            yield ours, tensor.to(kind, copy=True).contiguous()
        tick()
    for name, shape in plan.zeros.items():
        yield name, torch.zeros(shape, dtype=stored)


class _Shards:
    """Safetensors that grow to a size, and their index, in the layout of transformers and diffusers."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit
        self._held: dict[str, Tensor] = {}
        self._files: list[Path] = []
        self.homes: dict[str, int] = {}
        self.bytes = 0

    def add(self, name: str, tensor: Tensor) -> None:
        if self._held and sum(held.nbytes for held in self._held.values()) + tensor.nbytes > self._limit:
            self._flush()
        self._held[name] = tensor
        self.bytes += tensor.nbytes

    def close(self) -> None:
        """Write what is left; files get their names when it is known how many there are."""
        self._flush()
        count = len(self._files)
        if count == 1:
            self._files[0].rename(self._folder / "model.safetensors")
            return
        names = [f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1)]
        for path, name in zip(self._files, names, strict=True):
            path.rename(self._folder / name)
        index = {
            "metadata": {"total_size": self.bytes},
            "weight_map": {name: names[number] for name, number in sorted(self.homes.items())},
        }
        text = json.dumps(index, indent=1) + "\n"
        (self._folder / "model.safetensors.index.json").write_text(text, encoding="utf-8")

    def _flush(self) -> None:
        from safetensors.torch import save_file

        path = self._folder / f"{len(self._files)}.part"
        save_file(self._held, path, {"format": "pt"})
        self.homes |= dict.fromkeys(self._held, len(self._files))
        self._files.append(path)
        self._held = {}


def _is_wan(checkpoint: Checkpoint) -> bool:
    return wan.layout_of(checkpoint.shapes) is not None


def _from_wan(checkpoint: Checkpoint, to: str | None) -> Plan:
    """Every branch gets a copy; what Wan has not is zero."""
    layout = wan.layout_of(checkpoint.shapes)
    assert layout is not None  # noqa: S101
    system = _named(to) if to else _only_fit(checkpoint, layout)
    shapes = shapes_of(skeleton(system.transformer))
    targets = wan.targets(system.transformer, layout)
    difference = next(differences(checkpoint.shapes, wanted(targets, shapes)), None)
    if difference is not None:
        raise InputError(difference, where=str(checkpoint.path), remedy="Name the model that starts from these: --to.")
    return Plan.of(system, targets, {name: shapes[name] for name in sorted(wan.untaught(system.transformer))})


def _only_fit(checkpoint: Checkpoint, layout: int) -> System:
    """Of the rows that start from another's weights, the one with this geometry."""
    geometry = wan.geometry(checkpoint.shapes, layout)
    rows = [row.system for row in MODELS.values() if row.starts_from]
    fitting = [row for row in rows if all(getattr(row.transformer, key) == value for key, value in geometry.items())]
    if len(fitting) != 1:
        raise UsageError(
            f"{len(fitting)} models start from weights of this geometry",
            where=str(checkpoint.path),
            remedy="Name the one to write: --to NAME, or --to the folder of a model of yours.",
        )
    return fitting[0]


def _is_ours(checkpoint: Checkpoint) -> bool:
    return is_ours(checkpoint.path)


def _from_ours(checkpoint: Checkpoint, to: str | None) -> Plan:
    system = read_system(checkpoint.path)
    if to is not None and _named(to).transformer != system.transformer:
        raise UsageError(f"these weights are of another model than '{to}'", where=str(checkpoint.path))
    shapes = shapes_of(skeleton(system.transformer))
    difference = next(differences(checkpoint.shapes, shapes), None)
    if difference is not None:
        raise InputError(difference, where=str(checkpoint.path), remedy="Take the whole model.")
    return Plan.of(system, {name: (name,) for name in shapes}, {})


def _is_raft(checkpoint: Checkpoint) -> bool:
    return layouts.layout_of(checkpoint.shapes) is not None


def _from_raft(checkpoint: Checkpoint, to: str | None) -> Plan:
    """Torchvision's names, which are ours."""
    layout = layouts.layout_of(checkpoint.shapes)
    assert layout is not None  # noqa: S101
    if to not in (None, flows.RAFT):
        raise UsageError(f"these weights are of '{flows.RAFT}', not of '{to}'", where=str(checkpoint.path))
    difference = next(differences(checkpoint.shapes, needed(checkpoint.shapes, layout)), None)
    if difference is not None:
        raise InputError(difference, where=str(checkpoint.path), remedy="Take the whole of RAFT, the large one.")
    return Plan(layouts.targets(checkpoint.shapes, layout), flows.write_config)


def _named(name: str) -> System:
    folder = Path(name)
    return read_system(folder) if folder.is_dir() else model(name).system


CONVERTERS: Mapping[str, Converter] = MappingProxyType(
    {
        "cleanplate": Converter("a model of ours, to other numbers", _is_ours, _from_ours),
        "wan2.1": Converter("a Wan2.1 transformer, to the first weights of Vera", _is_wan, _from_wan),
        "raft": Converter("RAFT, the large one, of torchvision's or its authors' names", _is_raft, _from_raft),
    }
)
