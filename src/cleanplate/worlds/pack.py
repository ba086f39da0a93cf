"""A data set of ours as shards, for training that reads one file after the other."""

from __future__ import annotations

from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.progress import Progress
from cleanplate.worlds.findings import Layout
from cleanplate.worlds.formats.shards import ShardIndex, folder_samples, write_shards
from cleanplate.worlds.formats.vera_layout import LINE
from cleanplate.worlds.formats.void_layout import scan
from cleanplate.worlds.validate import layout_of


def pack(folder: Path, out: Path, *, per_shard: int = 64, progress: Progress | None = None) -> ShardIndex:
    """Pack every sample of a data set into shards under `out`; whole shards that are there are kept.

    Raises:
        InputError: the folder holds no data set, or none whose samples have folders of their own.
        ResourceError: the disk is full, or may not be written to.
    """
    layout = layout_of(folder)
    if layout is Layout.SHARDS:
        raise InputError("these are shards already", where=str(folder))
    if layout is Layout.VOID:
        samples = [sample.folder for sample in scan(folder)]
    else:
        samples = sorted(line.parent for line in folder.rglob(LINE) if not line.parent.name.startswith("."))
    if not samples:
        remedy = "Samples need folders of their own, as `cleanplate worlds` writes them."
        raise InputError("there is nothing to pack", where=str(folder), remedy=remedy)
    return write_shards(folder_samples(samples), out, per_shard=per_shard, progress=progress)
