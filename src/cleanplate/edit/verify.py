"""`verify`: the proof made again from the delivered files, believing nothing that the package says of itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from cleanplate.edit.manifest import StreamRecord
from cleanplate.edit.package import EXTRA, ShotPackage
from cleanplate.edit.proof import Check, Proof
from cleanplate.edit.prove import exact_times_check, prove
from cleanplate.errors import PackageError
from cleanplate.files import sha256
from cleanplate.media.clip import Clip
from cleanplate.media.copies import DeliveredStream
from cleanplate.media.probe import ClipInfo
from cleanplate.media.streams import stream_digests
from cleanplate.progress import Progress


def verify(
    package: ShotPackage, *, source: Path | None = None, deep: bool = True, progress: Progress | None = None
) -> Proof:
    """Prove a package anew.

    Args:
        source: where the plate lies now, when not where it was.
    Raises:
        PackageError: the plate is not there, or the package is not whole.
        InputError: plate or composite cannot be read.
    """
    with open_plate(package, source) as plate:
        composite = Clip.open(package.composite, rate=plate.info.rate if package.composite.is_dir() else None)
        with composite, package.layer() as layer:
            return prove(
                plate,
                composite,
                layer,
                package.region(plate.info),
                checks=package_checks(package, plate),
                deep=deep,
                progress=progress,
            )


def open_plate(package: ShotPackage, source: Path | None = None) -> Clip:
    """The plate that a package was made from; `source` says where it lies now. Raises PackageError when it is gone."""
    path = source or package.source
    if not path.exists() and not any(sign in path.name for sign in "%#"):
        raise PackageError("the plate is not there", where=str(path), remedy="Say where it is with --source.")
    rate = Fraction(str(package.shot.source.probe.get("rate", 24)))
    return Clip.open(path, rate=rate if _is_sequence(path) else None)


def package_checks(package: ShotPackage, plate: Clip) -> tuple[Check, ...]:
    """Everything but samples and tags: the plate's identity, recorded times, recorded files, copied streams."""
    shot = package.shot
    known = plate.source_hash == shot.source.sha256
    altered = package.changed_files()
    return (
        Check(name="plate", passed=known, detail="" if known else "it is not the file that the shot was made from"),
        exact_times_check(plate.info, Fraction(shot.times.time_base), shot.times.pts, shot.times.end_pts),
        Check(name="recorded files", passed=not altered, detail=", ".join(altered)),
        *stream_checks(plate.info, package.composite, shot.streams, package.path(EXTRA)),
    )


def stream_record(stream: DeliveredStream) -> StreamRecord:
    """What the manifest says of a delivered stream."""
    return StreamRecord(
        source_index=stream.source_index,
        kind=stream.kind,
        codec=stream.codec,
        sha256=stream.digest.sha256,
        packets=stream.digest.packets,
        index=stream.index,
        file=stream.file.name if stream.file else None,
        converted=stream.converted,
    )


def stream_checks(
    source: ClipInfo, composite: Path, records: tuple[StreamRecord, ...], extra: Path
) -> tuple[Check, ...]:
    """That every stream beside the picture was delivered with the same payloads, in the composite or in extra/."""
    wanted = [stream.index for stream in source.streams if stream.index != source.video_index]
    if source.is_sequence or not wanted:
        return ()
    before, after = stream_digests(source.path, wanted), stream_digests(composite)
    by_index = {record.source_index: record for record in records}
    checks = []
    for index in wanted:
        record, digest = by_index.get(index), before[index]
        delivered = None
        if record is not None and record.index is not None and record.index in after:
            delivered = after[record.index].sha256
        elif record is not None and record.file is not None and (extra / record.file).is_file():
            delivered = _file_digest(extra / record.file)
        passed = delivered == digest.sha256 or (delivered is None and digest.packets == 0)
        detail = f"{digest.packets} packets" if passed else "it was not delivered whole"
        checks.append(Check(name=f"stream {index}", passed=passed, detail=detail))
    return tuple(checks)


def _file_digest(file: Path) -> str:
    """A set-aside stream is a file of one stream, or the bare payloads."""
    return sha256(file) if file.suffix == ".bin" else stream_digests(file)[0].sha256


def _is_sequence(path: Path) -> bool:
    return path.is_dir() or not path.exists()
