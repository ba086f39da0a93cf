"""What a person decided of each candidate, and the data set that follows from it."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cleanplate.errors import InputError
from cleanplate.files import disk_errors, whole_folder, write_text
from cleanplate.worlds.formats.vera_layout import LINE, VeraSample, VeraWriter, packed_sample
from cleanplate.worlds.harvest.job import CANDIDATES

DECISIONS = "decisions.json"


class Verdict(StrEnum):
    """Whether a candidate belongs in the data set."""

    ACCEPT = "accept"
    REJECT = "reject"


class Decisions(BaseModel):
    """Verdicts by the candidate's name; who is not named is undecided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    decisions: dict[str, Verdict] = {}


@dataclass(frozen=True)
class Candidate:
    """A layered clip that waits for a verdict.

    Attributes:
        name: the sample's name, which decisions use.
        subset: where it goes when it is accepted.
    """

    name: str
    subset: str
    folder: Path
    sample: VeraSample


@dataclass(frozen=True)
class Accepted:
    """What `accept` did.

    Attributes:
        unknown: names in the decisions that no candidate bears.
        lists: the JSON Lines of the data set.
    """

    accepted: int
    rejected: int
    undecided: int
    unknown: tuple[str, ...]
    lists: tuple[Path, ...]


def candidates(out: Path) -> list[Candidate]:
    """Every candidate of a harvest, by subset and name. Raises InputError without any, or for a broken one."""
    found = []
    for line in (out / CANDIDATES).glob(f"*/[!.]*/{LINE}"):
        sample = packed_sample(line.parent)
        assert sample is not None  # noqa: S101
        found.append(Candidate(sample.record.video_id, line.parent.parent.name, line.parent, sample))
    if not found:
        raise InputError(
            "there are no candidates here", where=str(out), remedy="Run `cleanplate worlds harvest` first."
        )
    return sorted(found, key=lambda candidate: (candidate.subset, candidate.name))


def read_decisions(path: Path) -> Decisions:
    """The decisions in a file; none where there is no file. Raises InputError for what is no such file."""
    try:
        return Decisions.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Decisions()
    except ValidationError as error:
        raise _no_decisions(error, str(path)) from error


def parse_decisions(text: bytes, known: set[str]) -> Decisions:
    """Decisions as they are sent. Raises InputError for others, and for names that are not known."""
    try:
        found = Decisions.model_validate_json(text)
    except ValidationError as error:
        raise _no_decisions(error, "") from error
    if strange := found.decisions.keys() - known:
        raise InputError(f"there is no candidate {min(strange)}")
    return found


def write_decisions(path: Path, decisions: Decisions) -> None:
    """Write them, whole or not at all, in the order of the names."""
    ordered = decisions.model_copy(update={"decisions": dict(sorted(decisions.decisions.items()))})
    with disk_errors(path):
        write_text(path, ordered.model_dump_json(indent=1) + "\n")


def accept(out: Path, decisions: Decisions) -> Accepted:
    """Make the data set in `out` hold every accepted candidate, and none of the others.

    Samples of other origin in the same folder stay. Clips are linked where the disk can, copied where not.
    """
    found = candidates(out)
    verdicts: Mapping[str, Verdict] = decisions.decisions
    subsets = sorted({candidate.subset for candidate in found})
    with disk_errors(out):
        for candidate in found:
            place = out / candidate.subset / candidate.folder.name
            if verdicts.get(candidate.name) is not Verdict.ACCEPT:
                shutil.rmtree(place, ignore_errors=True)
            elif not place.is_dir():
                _link(candidate.folder, place)
        lists = tuple(path for subset in subsets if (path := _listed(out, subset)) is not None)
    names = {candidate.name for candidate in found}
    counts = Counter(verdicts.get(name) for name in names)
    unknown = tuple(sorted(verdicts.keys() - names))
    return Accepted(counts[Verdict.ACCEPT], counts[Verdict.REJECT], counts[None], unknown, lists)


def _listed(out: Path, subset: str) -> Path | None:
    """The subset's JSON Lines; a subset without samples has none."""
    path, folder = out / f"{subset}.jsonl", out / subset
    if folder.is_dir() and any(folder.glob(f"[!.]*/{LINE}")):
        return VeraWriter(out, subset).write_lines()
    path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return None


def _link(source: Path, place: Path) -> None:
    with whole_folder(place) as partial:
        for file in sorted(source.iterdir()):
            try:
                os.link(file, partial / file.name)
            except OSError:
                shutil.copy2(file, partial / file.name)


def _no_decisions(error: ValidationError, where: str) -> InputError:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    told = f"{place}: {first['msg']}" if place else first["msg"]
    return InputError(f"these are no decisions ({told})", where=where, remedy="Save them from the review page.")
