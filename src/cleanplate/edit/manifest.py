"""`shot.json` and `run.json`: what an edit was, and what it took. The models are the format; the schema follows them.

A file of an older version is brought up to the newest by a chain of pure functions (`_UPGRADES`), never guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from cleanplate.edit.proof import Proof
from cleanplate.errors import PackageError
from cleanplate.media.clip import Clip
from cleanplate.media.probe import ClipInfo

VERSION = 1


def _is_ratio(text: str) -> str:
    if Fraction(text) <= 0:
        raise ValueError("must be over 0")
    return text


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$", description="a name, no path")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Ratio = Annotated[str, Field(pattern=r"^[0-9]+(/[0-9]+)?$"), AfterValidator(_is_ratio)]
Span = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
"""First and last frame, inclusive."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRecord(_Strict):
    """The plate."""

    path: str = Field(description="where it was; absolute, or relative to the package")
    sha256: Sha256
    probe: dict[str, JsonValue] = Field(description="what was found in it")

    @classmethod
    def of(cls, clip: Clip) -> Self:
        """The record of an open plate. Reads it whole, for its hash."""
        probe = json.loads(json.dumps(clip.info.describe()))
        return cls(path=str(clip.info.path.absolute()), sha256=clip.source_hash, probe=probe)


class EngineRecord(_Strict):
    """What generated the layer: with the same record the same bytes come out."""

    name: str
    weights_sha256: Sha256 | None = None
    seed: int
    threads: int = Field(ge=1)
    device: str = "cpu"
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


class TimesRecord(_Strict):
    """When every frame appears, exactly; Matroska rounds to milliseconds."""

    time_base: Ratio = Field(description="seconds of one tick")
    pts: tuple[int, ...] = Field(min_length=1)
    end_pts: int

    @classmethod
    def of(cls, info: ClipInfo) -> Self:
        """The times of a plate."""
        return cls(time_base=str(info.time_base), pts=tuple(map(int, info.pts)), end_pts=int(info.end_pts))

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        times = (*self.pts, self.end_pts)
        if any(b <= a for a, b in pairwise(times)):
            raise ValueError("times must increase")
        return self


class RegionRecord(_Strict):
    """Where the edit might change anything."""

    kind: Literal["quadmask", "mask", "box", "frame"]
    file: FileName | None = Field(default=None, description="in the package, for quadmask and mask")
    box: tuple[int, int, int, int] | None = Field(default=None, description="y0, x0, y1, x1 in coded pixels")
    frames: Span

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.file is not None) != (self.kind in ("quadmask", "mask")) or (self.box is not None) != (
            self.kind == "box"
        ):
            raise ValueError(f"a region of kind '{self.kind}' with file {self.file} and box {self.box}")
        return self


class StreamRecord(_Strict):
    """What became of a stream beside the picture."""

    source_index: int = Field(ge=0)
    kind: str
    codec: str
    sha256: Sha256 = Field(description="of the packets' payloads, one after another")
    packets: int = Field(ge=0)
    index: int | None = Field(default=None, description="in the composite")
    file: FileName | None = Field(default=None, description="in extra/, where the container refuses it")
    converted: bool = Field(default=False, description="text whose styles were dropped")


class Shot(_Strict):
    """The whole of shot.json."""

    version: Literal[1] = 1
    cleanplate: str = Field(description="version of the program")
    source: SourceRecord
    edit: dict[str, JsonValue] = Field(description="what was asked for")
    engine: EngineRecord
    times: TimesRecord
    region: RegionRecord
    layer: tuple[Span, ...] = Field(description="runs of frames that the layer covers")
    composite: FileName = "composite.mkv"
    quadmask: FileName | None = None
    reasoning: FileName | None = None
    tracks: tuple[FileName, ...] = Field(default=(), description="in tracks/")
    streams: tuple[StreamRecord, ...] = ()
    hashes: dict[str, Sha256] = Field(default_factory=dict, description="files that the edit rests on")
    measurements: dict[str, JsonValue] = Field(default_factory=dict, description="what the engine measured")
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    proof: Proof | None = None


class StageRecord(_Strict):
    """One stage of a run."""

    name: str
    seconds: float = Field(ge=0)
    cached: bool = False


class Run(_Strict):
    """The whole of run.json: what differs from run to run."""

    version: Literal[1] = 1
    stages: tuple[StageRecord, ...] = ()
    peak_memory: int | None = Field(default=None, description="bytes")
    machine: dict[str, JsonValue] = Field(default_factory=dict)


Record = TypeVar("Record", Shot, Run)

_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version n -> how its document becomes one of version n + 1."""


def read_shot(path: Path) -> Shot:
    """Read and check shot.json, of any version up to ours. Raises PackageError that names the offending field."""
    document = _document(path)
    version = document.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise PackageError(
            f"it is of version {version!r} and this cleanplate reads versions 1 to {VERSION}",
            where=str(path),
            remedy="Open it with the cleanplate that wrote it, or a newer one.",
        )
    while version < VERSION:
        document = _UPGRADES[version](document)
        version += 1
    return _validated(Shot, document, path)


def read_run(path: Path) -> Run:
    """Read and check run.json. Raises PackageError."""
    return _validated(Run, _document(path), path)


def to_text(record: Shot | Run) -> str:
    """The file's content."""
    return record.model_dump_json(indent=1) + "\n"


def spans_of(frames: list[int]) -> tuple[Span, ...]:
    """Runs of consecutive numbers, first and last inclusive."""
    firsts = [n for k, n in enumerate(frames) if k == 0 or frames[k - 1] != n - 1]
    lasts = [n for k, n in enumerate(frames) if k == len(frames) - 1 or frames[k + 1] != n + 1]
    return tuple(zip(firsts, lasts, strict=True))


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise PackageError(f"cannot be read ({error.strerror})", where=str(path), remedy=_REMEDY) from error
    except ValueError as error:
        raise PackageError("this is not JSON", where=str(path), remedy=_REMEDY) from error
    if not isinstance(document, dict):
        raise PackageError("this is no manifest", where=str(path), remedy=_REMEDY)
    return document


def _validated(model: type[Record], document: dict[str, Any], path: Path) -> Record:
    try:
        return model.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PackageError(f"{place}: {first['msg']}", where=str(path), remedy=_REMEDY) from error


_REMEDY = "Make the shot again, or restore the file from a copy."
