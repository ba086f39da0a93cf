"""Vera's layout: JSON Lines with relative paths, and the clips beside them.

    vera-train-set/24-frames/
      synthetic-obj-add.jsonl
      synthetic-obj-add/<md5>/<md5>_{input,edit_rgb,edit_alpha,mask,target_composite}.mkv

Our writer gives each sample a folder, which under its final name is whole, and its line beside the clips until
`write_lines` gathers them. The reader takes any arrangement, since the lines say where the clips are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate import files
from cleanplate.errors import InputError
from cleanplate.worlds.formats.clips import (
    LOSSLESS,
    LOSSY,
    Levels,
    Picture,
    Samples,
    probe,
    read_levels,
    read_pictures,
)
from cleanplate.worlds.formats.names import require_name
from cleanplate.worlds.formats.sources import FolderSource, Source, beside
from cleanplate.worlds.formats.tracks import Arrays, in_step, write_tracks
from cleanplate.worlds.formats.vera_records import VeraRecord, bench_line, parse_line, train_line

INPUT, EDIT_RGB, EDIT_ALPHA, COMPOSITE = "input", "edit_rgb", "edit_alpha", "composite"
MASK, PRESERVED = "mask", "preserved"
_GRAY = (EDIT_ALPHA, MASK)
_ENDS = {role: role for role in (INPUT, EDIT_RGB, EDIT_ALPHA, MASK, PRESERVED)} | {COMPOSITE: "target_composite"}
LINE = "line.json"
"""A sample's own line, beside its clips."""


@dataclass(frozen=True)
class VeraFrame:
    """One frame of a layered clip.

    Attributes:
        input: what was there before the edit, H x W x 3 uint8.
        edit_rgb, edit_alpha: the layer, straight; H x W x 3 and H x W uint8. None in test data without an answer.
        composite: the layer over what is preserved.
        mask: H x W uint8, 255 where the subject must stay; None without one.
        preserved: what the layer lies over, where that is not the input.
    """

    input: Picture
    edit_rgb: Picture | None = None
    edit_alpha: Levels | None = None
    composite: Picture | None = None
    mask: Levels | None = None
    preserved: Picture | None = None


@dataclass(frozen=True)
class VeraWriter:
    """Writes one subset; several processes may, as long as each sample has one of them.

    Args:
        folder: where the subset's JSON Lines go, such as ``vera-train-set/24-frames``.
        bench: lines as in the test set rather than as in the training set.
        lossy: clips as H.264 in MP4, as published; gray levels come back within 1.
    """

    folder: Path
    subset: str
    bench: bool = False
    lossy: bool = False

    def has(self, key: str) -> bool:
        """True when the sample is there, and so is whole."""
        return (self._folder(key) / LINE).is_file()

    def write(self, key: str, frames: Iterable[VeraFrame], rate: Fraction, record: Mapping[str, Any]) -> Path:
        """Write a whole sample, or nothing; one that is there already is kept, and `frames` is not touched.

        Args:
            key: the sample's own name; its clips are called by the MD5 of subset and key.
            record: fields of `VeraRecord` other than the paths.
        Returns:
            its folder.
        Raises:
            InputError: something that is no whole sample bears its name.
            ResourceError: the disk is full, or may not be written to.
        """
        folder = self._folder(key)
        if self.has(key):
            return folder
        suffix = LOSSY if self.lossy else LOSSLESS
        names = {role: f"{folder.name}_{end}{suffix}" for role, end in _ENDS.items()}
        samples = {role: Samples.GRAY if role in _GRAY else Samples.RGB for role in _ENDS}
        with files.disk_errors(folder), files.whole_folder(folder) as partial:
            write_tracks({r: partial / name for r, name in names.items()}, samples, map(_tracks, frames), rate)
            places = {
                f"{role}_path": f"{self.subset}/{folder.name}/{name}"
                for role, name in names.items()
                if (partial / name).is_file()
            }
            full = VeraRecord.model_validate({"video_id": key, **record, **places})
            line = bench_line(full) if self.bench else train_line(full)
            (partial / LINE).write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
        return folder

    def write_lines(self) -> Path:
        """Gather the lines of all samples that are there, in the order of their keys, into ``<subset>.jsonl``."""
        lines = [file.read_text(encoding="utf-8") for file in (self.folder / self.subset).glob(f"[!.]*/{LINE}")]
        path = self.folder / f"{self.subset}.jsonl"
        files.write_text(path, "".join(sorted(lines, key=lambda line: (str(json.loads(line)["video_id"]), line))))
        return path

    def _folder(self, key: str) -> Path:
        digest = hashlib.md5(f"{require_name(self.subset)}/{key}".encode(), usedforsecurity=False).hexdigest()
        return self.folder / self.subset / digest


@dataclass(frozen=True)
class VeraSample:
    """A line, and where its clips are. Nothing is opened (or fetched) before it is asked for."""

    record: VeraRecord
    document: str
    line: int
    source: Source = field(repr=False)

    @property
    def name(self) -> str:
        """Which line of which file."""
        return f"{self.document}:{self.line}"

    def path(self, role: str) -> Path | None:
        """Where a clip lies, fetched if need be; None when the line names none.

        Raises:
            InputError: the line names one that is not there.
        """
        place = self.record.paths.get(role)
        return self.source.path(beside(self.document, place)) if place else None

    def rate(self) -> Fraction:
        """Frames a second of the input. Raises InputError."""
        path = self.path(INPUT)
        assert path is not None  # noqa: S101
        return probe(path).rate

    def frames(self) -> Iterator[VeraFrame]:
        """Frames in order.

        Raises:
            InputError: a clip is missing, damaged, shorter or of another size than the others.
        """
        paths = {role: path for role in _ENDS if (path := self.path(role)) is not None}
        for found in in_step({role: _reader(role, path) for role, path in paths.items()}, Path(self.name)):
            yield VeraFrame(**found)


@dataclass(frozen=True)
class VeraDataset:
    """All lines of a source, or of the documents whose names hold `only`.

    >>> VeraDataset(FolderSource(Path("vera-train-set/49-frames")))
    >>> VeraDataset(HubSource(), only="synthetic-obj-add")
    """

    source: Source
    only: str = ""

    @classmethod
    def of_folder(cls, folder: Path, only: str = "") -> VeraDataset:
        """The data set in a folder."""
        return cls(FolderSource(folder), only)

    def documents(self) -> list[str]:
        """Names of the JSON Lines. Raises InputError when there are none."""
        found = [name for name in self.source.names(".jsonl") if self.only in name]
        if not found:
            raise InputError("there are no JSON Lines of layered clips", where=str(self.source))
        return found

    def lines(self) -> Iterator[tuple[str, int, str]]:
        """(document, number from 1, text) of every line that is not empty, one at a time."""
        for name in self.documents():
            with self.source.path(name).open(encoding="utf-8", errors="replace") as stream:
                for number, text in enumerate(stream, 1):
                    if text.strip():
                        yield name, number, text

    def __iter__(self) -> Iterator[VeraSample]:
        """Every sample. Raises InputError at a line that does not parse; `worlds validate` lists all such."""
        for name, number, text in self.lines():
            yield VeraSample(parse_line(text, f"{name}:{number}"), name, number, self.source)


@dataclass(frozen=True)
class _Beside:
    """The clips of one sample in one folder, wherever its line believed them to be."""

    folder: Path

    def names(self, suffix: str) -> list[str]:
        return FolderSource(self.folder).names(suffix)

    def path(self, name: str) -> Path:
        return FolderSource(self.folder).path(name.rpartition("/")[2])


def packed_sample(folder: Path) -> VeraSample | None:
    """The sample whose line and clips lie in one folder, as in a shard; None without a line. Raises InputError."""
    line = folder / LINE
    if not line.is_file():
        return None
    return VeraSample(parse_line(line.read_text(encoding="utf-8"), str(line)), LINE, 1, _Beside(folder))


def over(edit: Picture, alpha: Levels, below: Picture) -> NDArray[np.float32]:
    """A straight layer over a picture, in codes that are not rounded: H x W x 3."""
    weight = (alpha.astype(np.float32) / np.float32(255))[..., None]
    ground = below.astype(np.float32)
    laid: NDArray[np.float32] = ground + weight * (edit.astype(np.float32) - ground)
    return laid


def _tracks(frame: VeraFrame) -> Arrays:
    tracks: dict[str, NDArray[Any] | None] = {role: getattr(frame, role) for role in _ENDS}
    return {role: array for role, array in tracks.items() if array is not None}


def _reader(role: str, path: Path) -> Generator[NDArray[Any], None, None]:
    return read_levels(path) if role in _GRAY else read_pictures(path)
