"""Look a whole data set over and list everything that is wrong with it; nothing ends the search early."""

from __future__ import annotations

from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.progress import Progress, Silent, Tick
from cleanplate.worlds.checks import Tally, check_vera, check_void
from cleanplate.worlds.findings import Fault, Finding, Layout, ValidationReport
from cleanplate.worlds.formats.shards import INDEX, Shard, ShardIndex, contents_of, read_shard, shard_files, unpacked
from cleanplate.worlds.formats.vera_layout import VeraDataset, VeraSample, packed_sample
from cleanplate.worlds.formats.vera_records import parse_line
from cleanplate.worlds.formats.void_layout import LIST, VoidSample, read_list, scan


def layout_of(folder: Path) -> Layout:
    """Which of the three layouts a folder has.

    Raises:
        InputError: no folder, or none of the three.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", where=str(folder))
    if shard_files(folder) or (folder / INDEX).is_file():
        return Layout.SHARDS
    if any(folder.rglob("*.jsonl")):
        return Layout.VERA
    if scan(folder) or (folder / LIST).is_file():
        return Layout.VOID
    remedy = "Give the folder that holds the samples' folders, the JSON Lines, or the shards."
    raise InputError("this folder holds no data set that cleanplate knows", where=str(folder), remedy=remedy)


def validate(folder: Path, *, progress: Progress | None = None) -> ValidationReport:
    """Decode and check every clip of a data set in any of the three layouts.

    Raises:
        InputError: the folder holds none of them; whatever else is wrong is in the report.
    """
    layout, tally = layout_of(folder), Tally(folder)
    check = {Layout.VOID: _void, Layout.VERA: _vera, Layout.SHARDS: _shards}[layout]
    with (progress or Silent()).task("Checking", _total(folder, layout)) as tick:
        _left_overs(folder, tally)
        check(folder, tally, tick)
    return ValidationReport(
        folder=str(folder),
        layout=layout,
        samples=tally.samples,
        clips=tally.clips,
        composites_checked=tally.composites,
        findings=tuple(tally.findings),
    )


def _total(folder: Path, layout: Layout) -> int:
    if layout is Layout.VOID:
        return len(scan(folder))
    return (
        len(shard_files(folder)) if layout is Layout.SHARDS else sum(1 for _ in VeraDataset.of_folder(folder).lines())
    )


def _left_overs(folder: Path, tally: Tally) -> None:
    for path in sorted(folder.rglob(".*.partial*")):
        tally.add(path, Fault.LEFT_OVER, "a run was stopped here; running it again clears it away")


def _void(folder: Path, tally: Tally, tick: Tick) -> None:
    found = scan(folder)
    for sample in found:
        check_void(sample, tally)
        tick()
    if not (folder / LIST).is_file():
        return
    try:
        listed = {sample.folder for sample in read_list(folder / LIST)}
    except InputError as error:
        tally.add(error.where, Fault.RECORD, error.what)
        return
    for place in sorted(listed - {sample.folder for sample in found}):
        tally.add(place, Fault.MISSING, f"{LIST} names this sample")


def _vera(folder: Path, tally: Tally, tick: Tick) -> None:
    data = VeraDataset.of_folder(folder)
    for name, number, text in data.lines():
        try:
            record = parse_line(text, f"{name}:{number}")
        except InputError as error:
            tally.add(error.where, Fault.RECORD, error.what)
        else:
            check_vera(VeraSample(record, name, number, data.source), tally)
        tick()


def _shards(folder: Path, tally: Tally, tick: Tick) -> None:
    known = _indexed(folder, tally)
    for path in shard_files(folder):
        try:
            shard = read_shard(path)
        except InputError as error:
            tally.add(path, Fault.LEFT_OVER, error.what)
        else:
            if path.name in known and known[path.name] != shard:
                tally.add(path, Fault.UNREADABLE, f"its bytes are not those that {INDEX} tells of")
            _packed(path, shard, tally)
        tick()
    for name in sorted(known.keys() - {path.name for path in shard_files(folder)}):
        tally.add(folder / name, Fault.MISSING, f"{INDEX} names this shard")


def _indexed(folder: Path, tally: Tally) -> dict[str, Shard]:
    if not (folder / INDEX).is_file():
        return {}
    try:
        return {shard.file: shard for shard in ShardIndex.model_validate_json((folder / INDEX).read_bytes()).shards}
    except ValueError:
        tally.add(folder / INDEX, Fault.RECORD, "this is no index of shards")
        return {}


def _packed(path: Path, shard: Shard, tally: Tally) -> None:
    """Check a shard's samples, each unpacked by itself; files are told as ``shard/sample/file``."""
    for packed in shard.samples:
        with unpacked(packed.key, contents_of(path, packed)) as place:
            inner = Tally(place.parent)
            _check_packed(place, inner)
        tally.samples, tally.clips = tally.samples + inner.samples, tally.clips + inner.clips
        tally.composites += inner.composites
        tally.findings += [
            Finding(file=f"{path.name}/{found.file}", fault=found.fault, what=found.what) for found in inner.findings
        ]


def _check_packed(place: Path, tally: Tally) -> None:
    try:
        line = packed_sample(place)
    except InputError as error:
        tally.add(error.where, Fault.RECORD, error.what)
        return
    if line is None:
        check_void(VoidSample(place.name, place), tally)
    else:
        check_vera(line, tally)
