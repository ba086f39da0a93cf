"""Shards for training at scale: WebDataset's tar files, `000000.tar` and on, and an index of what lies where.

Files of one sample bear its key up to the first dot (``tower-000007.rgb_full.mkv``). Headers hold no times or owners,
so equal samples give equal bytes. A shard under its final name is whole, and a run that was stopped goes on after it.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from cleanplate import files
from cleanplate.errors import InputError
from cleanplate.progress import Progress, Silent
from cleanplate.worlds.formats.names import require_name

INDEX = "index.json"
_BLOCK = tarfile.BLOCKSIZE
_REMEDY = "Remove this file and write the shards again: whole ones are kept."
Span = tuple[int, int]
"""First byte in the shard, and length."""
Plain = Annotated[str, StringConstraints(pattern=r"^[^./\\][^/\\]*$")]
"""A name that stays in its folder."""


@dataclass(frozen=True)
class ShardSample:
    """A sample to be packed: its key, and its files by what follows the key's dot."""

    key: str
    files: Mapping[str, Path]


class PackedSample(BaseModel):
    """Where a sample's files lie in its shard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Plain
    files: dict[Plain, Span]


class Shard(BaseModel):
    """One tar file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Plain
    size: int
    sha256: str
    samples: tuple[PackedSample, ...]


class ShardIndex(BaseModel):
    """`index.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    shards: tuple[Shard, ...]


def write_shards(
    samples: Iterable[ShardSample], folder: Path, *, per_shard: int = 64, progress: Progress | None = None
) -> ShardIndex:
    """Pack samples in the order of their keys, `per_shard` to a file; shards that are there already are kept.

    Raises:
        InputError: two samples have one key; a shard that is there is half-written, or holds other samples.
        ResourceError: the disk is full, or may not be written to.
    """
    ordered = sorted(samples, key=lambda sample: sample.key)
    _require_single(ordered)
    shards = []
    with files.disk_errors(folder), (progress or Silent()).task("Packing", len(ordered)) as tick:
        folder.mkdir(parents=True, exist_ok=True)
        for number, start in enumerate(range(0, len(ordered), per_shard)):
            group = ordered[start : start + per_shard]
            shards.append(_shard(folder / f"{number:06d}.tar", group))
            tick(len(group))
        index = ShardIndex(shards=tuple(shards))
        files.write_text(folder / INDEX, index.model_dump_json() + "\n")
    return index


@dataclass(frozen=True)
class Shards:
    """Shards opened for reading, one sample at a time."""

    folder: Path
    index: ShardIndex = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """By the index; without one (shards of others) every file is walked through once.

        Raises:
            InputError: no shards, a missing or half-written one, or an index that is none.
        """
        try:
            index = ShardIndex.model_validate_json((folder / INDEX).read_bytes())
        except FileNotFoundError:
            index = ShardIndex(shards=tuple(read_shard(path, digest=False) for path in shard_files(folder)))
        except ValidationError as error:
            raise InputError("this is no index of shards", where=str(folder / INDEX), remedy=_REMEDY) from error
        if not index.shards:
            raise InputError("there are no shards", where=str(folder))
        for shard in index.shards:
            require_whole(folder / shard.file, shard)
        return cls(folder, index)

    def __len__(self) -> int:
        return sum(len(shard.samples) for shard in self.index.shards)

    def samples(self, *, shuffle: int | None = None, epoch: int = 0) -> Iterator[tuple[str, dict[str, bytes]]]:
        """(key, files) of every sample, in the order of the shards, or shuffled by a seed, anew for each epoch."""
        places = [(shard.file, sample) for shard in self.index.shards for sample in shard.samples]
        order: Sequence[int] = range(len(places))
        if shuffle is not None:
            order = np.random.default_rng([shuffle, epoch]).permutation(len(places)).tolist()
        for place in order:
            file, sample = places[place]
            yield sample.key, contents_of(self.folder / file, sample)


@contextmanager
def unpacked(key: str, contents: Mapping[str, bytes]) -> Iterator[Path]:
    """A sample's files in a temporary folder called by its key, for `VoidSample` and other readers of files."""
    with TemporaryDirectory(prefix="cleanplate-") as base:
        folder = Path(base) / key
        folder.mkdir()
        for name, data in contents.items():
            (folder / name).write_bytes(data)
        yield folder


def folder_samples(folders: Iterable[Path]) -> Iterator[ShardSample]:
    """Samples of folders such as VOID's layout has, by the folders' names."""
    for folder in folders:
        inside = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        yield ShardSample(require_name(folder.name), {path.name: path for path in inside})


def shard_files(folder: Path) -> list[Path]:
    """The tar files of a folder, in order."""
    return sorted(path for path in folder.glob("*.tar") if not path.name.startswith("."))


def read_shard(path: Path, *, digest: bool = True) -> Shard:
    """What a tar file holds.

    Raises:
        InputError: not a tar file, or only half of one.
    """
    found: dict[str, dict[str, Span]] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                key, _, name = member.name.partition(".")
                if member.isfile():
                    found.setdefault(key, {})[name] = member.offset_data, member.size
            end = archive.offset
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"this shard is damaged ({error})", where=str(path), remedy=_REMEDY) from error
    _require_end(path, end)
    try:
        samples = tuple(PackedSample(key=key, files=spans) for key, spans in found.items())
    except ValidationError as error:
        raise InputError(
            "a file in this shard is not called key.name, or would lead out of its folder", where=str(path)
        ) from error
    sha256 = files.sha256(path) if digest else ""
    return Shard(file=path.name, size=path.stat().st_size, sha256=sha256, samples=samples)


def require_whole(path: Path, shard: Shard) -> None:
    """Raise InputError when a shard is missing or shorter than its index says."""
    if not path.is_file():
        raise InputError("this shard is missing", where=str(path), remedy="Write the shards again.")
    if (size := path.stat().st_size) != shard.size:
        told = f"this shard is half-written: {size} bytes instead of {shard.size}"
        raise InputError(told, where=str(path), remedy=_REMEDY)


def _require_end(path: Path, end: int) -> None:
    """Tar files end with two empty blocks; Python also takes what was cut off between two members."""
    with path.open("rb") as stream:
        stream.seek(max(0, min(end, path.stat().st_size) - _BLOCK))
        if not stream.read(2 * _BLOCK).endswith(bytes(_BLOCK)):
            raise InputError("this shard is half-written: it has no end", where=str(path), remedy=_REMEDY)


def _require_single(ordered: Sequence[ShardSample]) -> None:
    keys = [require_name(sample.key) for sample in ordered]
    twice = {key for key, following in pairwise(keys) if key == following}
    if twice:
        raise InputError(f"two samples have one key: {', '.join(sorted(twice))}")


def _shard(path: Path, group: Sequence[ShardSample]) -> Shard:
    """A shard of these samples: the one that is there, or a new one."""
    if not path.exists():
        with files.atomic(path) as partial, tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as archive:
            for sample in group:
                for name, file in sorted(sample.files.items()):
                    _add(archive, f"{sample.key}.{name}", file)
    shard = read_shard(path)
    held = {sample.key: {name: size for name, (_, size) in sample.files.items()} for sample in shard.samples}
    if held != {s.key: {name: file.stat().st_size for name, file in s.files.items()} for s in group}:
        raise InputError("this shard holds other samples than these", where=str(path), remedy=_REMEDY)
    return shard


def _add(archive: tarfile.TarFile, name: str, file: Path) -> None:
    header = tarfile.TarInfo(name)  # mode 644, time 0, owner 0
    header.size = file.stat().st_size
    with file.open("rb") as stream:
        archive.addfile(header, stream)


def contents_of(path: Path, sample: PackedSample) -> dict[str, bytes]:
    """The files of one sample."""
    contents = {}
    with path.open("rb") as stream:
        for name, (start, length) in sample.files.items():
            stream.seek(start)
            contents[name] = stream.read(length)
    return contents
