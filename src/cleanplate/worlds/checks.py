"""Checks of one sample: its clips go together, its mask holds labels, its composite is what it says."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.codec import FAR_LIMIT
from cleanplate.masks.labels import FAR, is_exact, snap
from cleanplate.media.probe import ClipInfo
from cleanplate.worlds.findings import Fault, Finding
from cleanplate.worlds.formats.clips import is_lossless, probe, read_levels, read_pictures
from cleanplate.worlds.formats.metadata import read_prompt
from cleanplate.worlds.formats.vera_layout import (
    COMPOSITE,
    EDIT_ALPHA,
    EDIT_RGB,
    INPUT,
    MASK,
    PRESERVED,
    VeraSample,
    over,
)
from cleanplate.worlds.formats.void_layout import FULL, REMOVED, SAMPLES, VoidSample

_TOLERANCE = 1 + 1e-3
"""Codes of 255; edit and alpha are rounded, and each may move a composite by half a code."""
_RATE_SLACK = 0.001


@dataclass
class Tally:
    """What the checks of a data set have found so far."""

    base: Path
    samples: int = 0
    clips: int = 0
    composites: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, file: Path | str, fault: Fault, what: str) -> None:
        """Note a fault; files are told relative to the data set."""
        place = Path(file)
        inside = place.is_relative_to(self.base)
        self.findings.append(
            Finding(file=str(place.relative_to(self.base) if inside else file), fault=fault, what=what)
        )


def check_void(sample: VoidSample, tally: Tally) -> None:
    """All clips of a sample of VOID's layout."""
    tally.samples += 1
    known = None
    try:
        known = sample.metadata()
        read_prompt(sample.folder)
    except InputError as error:
        tally.add(error.where, Fault.RECORD, error.what)
    paths = {track: path for track in SAMPLES if (path := sample.path(track)) is not None}
    for track in (FULL, REMOVED, MASK):
        if track not in paths:
            tally.add(sample.folder / track, Fault.MISSING, f"there is no clip called {track}")
    infos = _probed(paths, tally)
    _check_alike(sample.folder, infos, tally)
    if known is not None and infos:
        _check_metadata(sample.folder, known.frames, known.rate, infos, tally)
    for track, info in infos.items():
        if track == MASK:
            _check_labels(info.path, tally)
        else:
            _check_decodes(info.path, tally)


def check_vera(sample: VeraSample, tally: Tally) -> None:
    """All clips that a line of Vera's layout names."""
    tally.samples += 1
    paths = {}
    for role in sample.record.paths:
        try:
            if (path := sample.path(role)) is not None:
                paths[role] = path
        except InputError as error:
            fault = Fault.MISSING if "missing" in error.what else Fault.RECORD
            tally.add(error.where, fault, f"{error.what}; {sample.name} names it as {role}")
    infos = _probed(paths, tally)
    _check_alike(paths.get(INPUT, Path(sample.name)), infos, tally)
    if MASK in infos:
        _check_binary(infos[MASK].path, tally)
    layer = (EDIT_RGB, EDIT_ALPHA, COMPOSITE)
    wanted = {*layer, PRESERVED if PRESERVED in sample.record.paths else INPUT}
    if wanted <= infos.keys() and all(is_lossless(paths[role]) for role in wanted):
        tally.composites += 1
        _check_composite({role: paths[role] for role in wanted}, tally)
    for role in infos.keys() - wanted - {MASK}:
        _check_decodes(paths[role], tally)


def _probed(paths: Mapping[str, Path], tally: Tally) -> dict[str, ClipInfo]:
    infos = {}
    for role, path in paths.items():
        tally.clips += 1
        try:
            infos[role] = probe(path)
        except InputError as error:
            tally.add(path, Fault.UNREADABLE, error.what)
    return infos


def _check_alike(where: Path, infos: Mapping[str, ClipInfo], tally: Tally) -> None:
    """One length, one size, one rate."""
    lengths = {role: str(len(info)) for role, info in infos.items()}
    sizes = {role: f"{info.width}x{info.height}" for role, info in infos.items()}
    for fault, values in ((Fault.LENGTH, lengths), (Fault.SIZE, sizes)):
        if len(set(values.values())) > 1:
            tally.add(where, fault, _told(values))
    rates = {role: f"{float(info.rate):.2f} fps" for role, info in infos.items()}
    exact = [float(info.rate) for info in infos.values()]
    if exact and max(exact) - min(exact) > _RATE_SLACK * max(exact):
        tally.add(where, Fault.RATE, _told(rates))


def _told(values: Mapping[str, str]) -> str:
    """ "a, b: 4; c: 3"."""
    ordered = sorted(values, key=lambda role: (values[role], role))
    return "; ".join(f"{', '.join(roles)}: {value}" for value, roles in groupby(ordered, key=lambda r: values[r]))


def _check_metadata(folder: Path, frames: int, rate: float, infos: Mapping[str, ClipInfo], tally: Tally) -> None:
    first = next(iter(infos.values()))
    if frames and frames != len(first):
        tally.add(folder, Fault.LENGTH, f"metadata: {frames}; {next(iter(infos))}: {len(first)}")
    if abs(float(first.rate) - rate) > _RATE_SLACK * rate:
        tally.add(folder, Fault.RATE, f"metadata: {rate:.2f} fps; {next(iter(infos))}: {float(first.rate):.2f} fps")


def _check_labels(path: Path, tally: Tally) -> None:
    """A lossless mask holds labels only; one that went through a codec lies near them."""
    wrong, samples, first = 0, 0, 0
    for index, levels in _frames(path, read_levels(path), tally):
        here = 0 if is_exact(levels) else _strays(path, levels)
        first = index if here and not wrong else first
        wrong, samples = wrong + here, samples + levels.size
    _tell_strays(path, wrong, samples, first, tally)


def _strays(path: Path, levels: NDArray[np.uint8]) -> int:
    labels, far = snap(levels)
    return int(np.count_nonzero(labels != levels)) if is_lossless(path) else far


def _check_binary(path: Path, tally: Tally) -> None:
    wrong, samples, first = 0, 0, 0
    slack = 1 if is_lossless(path) else FAR
    for index, levels in _frames(path, read_levels(path), tally):
        here = int(np.count_nonzero((levels >= slack) & (levels <= 255 - slack)))
        first = index if here and not wrong else first
        wrong, samples = wrong + here, samples + levels.size
    _tell_strays(path, wrong, samples, first, tally)


def _tell_strays(path: Path, wrong: int, samples: int, first: int, tally: Tally) -> None:
    if wrong > (0 if is_lossless(path) else FAR_LIMIT * samples):
        tally.add(path, Fault.LABELS, f"{wrong} of {samples} samples, from frame {first} on")


def _check_composite(paths: Mapping[str, Path], tally: Tally) -> None:
    """``composite = over(edit, preserved)`` to one code, on every frame."""
    ground = PRESERVED if PRESERVED in paths else INPUT
    readers = [_read(role, paths[role], tally) for role in (EDIT_RGB, EDIT_ALPHA, ground, COMPOSITE)]
    worst, frame = 0.0, 0
    for index, (edit, alpha, below, composite) in enumerate(zip(*readers, strict=False)):
        if len({picture.shape[:2] for picture in (edit, alpha, below, composite)}) > 1:
            return
        error = float(np.abs(over(edit, alpha, below) - composite).max())
        worst, frame = max((worst, frame), (error, index), key=lambda found: found[0])
    if worst > _TOLERANCE:
        tally.add(paths[COMPOSITE], Fault.COMPOSITE, f"{worst:.1f} codes of 255 apart on frame {frame}")


def _read(role: str, path: Path, tally: Tally) -> Iterator[NDArray[Any]]:
    reader = read_levels(path) if role == EDIT_ALPHA else read_pictures(path)
    return (array for _, array in _frames(path, reader, tally))


def _check_decodes(path: Path, tally: Tally) -> None:
    for _ in _frames(path, read_levels(path), tally):
        pass


def _frames(
    path: Path, reader: Generator[NDArray[Any], None, None], tally: Tally
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Frames with their numbers, up to the first one that cannot be decoded."""
    try:
        yield from enumerate(reader)
    except InputError as error:
        tally.add(path, Fault.UNREADABLE, error.what)
