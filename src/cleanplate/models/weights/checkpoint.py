"""Weights on disk: safetensors, in one file or in shards with an index. Nothing else is opened.

A pickle can run code when it is loaded; whoever has one converts it elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.errors import InputError, missing_extra

if TYPE_CHECKING:
    from torch import Tensor

_INDEX = "*.safetensors.index.json"
PICKLES = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
_PICKLED = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""How torch's files begin: a zip archive, or a bare pickle of protocols 2 to 5."""
_SHOWN = 5


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, not read yet.

    Attributes:
        path: the file or folder that the user named.
        shapes: by name.
        files: by name, where the tensor lies.
    """

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    files: Mapping[str, Path]

    @staticmethod
    def open(path: Path) -> Checkpoint:
        """Look into a file, or a folder with one file or an index. Only headers are read.

        Raises:
            InputError: nothing there, a pickle, a file cut short, or an index that promises what is not there.
            ResourceError: safetensors is not installed.
        """
        shapes: dict[str, tuple[int, ...]] = {}
        files: dict[str, Path] = {}
        index, shards = _promised(path)
        for shard in shards:
            inside = _header(shard)
            if twice := shapes.keys() & inside.keys():
                raise InputError(f"two files hold {listed(twice)}", where=str(path), remedy=_AGAIN)
            shapes |= inside
            files |= dict.fromkeys(inside, shard)
        if absent := [name for name, shard in index.items() if files.get(name) != shard]:
            raise InputError(f"the index promises {listed(absent)}", where=str(path), remedy=_AGAIN)
        return Checkpoint(path, shapes, files)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor, one at a time and file by file, on the CPU. Raises InputError for a file that has changed."""
        from safetensors import SafetensorError, safe_open

        for file in sorted(set(self.files.values())):
            try:
                with safe_open(file, framework="pt") as opened:
                    for name in sorted(name for name, where in self.files.items() if where == file):
                        yield name, opened.get_tensor(name)
            except (OSError, SafetensorError) as error:
                raise InputError("the weights cannot be read", where=str(file), remedy=_AGAIN) from error


_AGAIN = "Download the weights again."


def listed(names: Collection[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(sorted(names)[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _promised(path: Path) -> tuple[dict[str, Path], list[Path]]:
    """What an index says of every tensor's file (empty without one), and the files. Raises InputError."""
    if path.is_file():
        return {}, [path]
    if not path.is_dir():
        raise InputError("no such file or folder of weights", where=str(path), remedy="Name another.")
    indices = sorted(path.glob(_INDEX))
    if len(indices) == 1:
        index = _index(indices[0])
        return index, sorted(set(index.values()))
    found = sorted(path.glob("*.safetensors"))
    if len(found) == 1 and not indices:
        return {}, found
    if found:
        raise InputError(
            "several safetensors and not one index", where=str(path), remedy="Name the file, or one model's folder."
        )
    if any(entry.suffix in PICKLES for entry in path.iterdir()):
        raise _pickled(path)
    raise InputError("no safetensors in this folder", where=str(path), remedy="Name a folder of weights.")


def _index(path: Path) -> dict[str, Path]:
    """By name of a tensor, the file that should hold it, in the index's own folder."""
    try:
        named = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        index = {str(name): path.parent / str(file) for name, file in named.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError("this is no index of safetensors", where=str(path), remedy=_AGAIN) from error
    if outside := [str(file) for file in named.values() if Path(str(file)).name != str(file)]:
        raise InputError(f"the index leads out of its folder, to {outside[0]}", where=str(path), remedy=_AGAIN)
    if absent := {file.name for file in index.values() if not file.is_file()}:
        raise InputError(f"of the weights, {listed(absent)} is not there", where=str(path.parent), remedy=_AGAIN)
    return index


def _header(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes in one file. Raises InputError for anything but whole safetensors."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise missing_extra("safetensors", "learned") from error
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if path.suffix in PICKLES or start.startswith(_PICKLED):
            raise _pickled(path)
        with safe_open(path, framework="pt") as opened:
            return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InputError("this is no whole file of safetensors", where=str(path), remedy=_AGAIN) from error


def _pickled(path: Path) -> InputError:
    return InputError(
        "these weights are a pickle, which can run code when it is loaded",
        where=str(path),
        remedy="Take the model's safetensors, or convert it where you trust it.",
    )
