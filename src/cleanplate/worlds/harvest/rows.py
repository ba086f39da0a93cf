"""Lists of what to harvest: one row a thing, as JSON Lines or CSV, all of them looked at before anything is done."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cleanplate.errors import CleanplateError, InputError
from cleanplate.worlds.harvest.row import Row
from cleanplate.worlds.harvest.wanted import Defaults, Wanted, resolve

LISTS = (".jsonl", ".csv")
"""What a list's name ends with."""


def read_rows(lists: Sequence[Path], defaults: Defaults) -> list[Wanted]:
    """Every row of some lists, in order.

    Raises:
        InputError: no list, an empty one, or rows that cannot be used; the first is named with its line and fault, the
            others by their lines.
    """
    rows = ((f"{path}:{line}", row, path.parent) for path in lists for line, row in _raw(path))
    return require_all(rows, defaults, where=", ".join(map(str, lists)))


def require_all(
    rows: Iterable[tuple[str, dict[str, Any] | InputError, Path]], defaults: Defaults, *, where: str
) -> list[Wanted]:
    """What rows (place, fields, folder that their paths start from) ask for. Raises InputError as `read_rows` does."""
    found: dict[str, Wanted] = {}
    wrong: list[CleanplateError] = []
    for place, raw, base in rows:
        try:
            wanted = resolve(_row(raw, place), place, base, defaults)
            if wanted.key in found:
                raise InputError(f"this asks for the same as {found[wanted.key].where}", where=place)
        except CleanplateError as error:
            wrong.append(error)
        else:
            found[wanted.key] = wanted
    if wrong:
        raise _all_of(wrong)
    if not found:
        raise InputError("nothing is asked for", where=where, remedy="Write one row for each thing to harvest.")
    return list(found.values())


def _all_of(wrong: Sequence[CleanplateError]) -> InputError:
    """One error that tells the first and names the others."""
    first, others = wrong[0], ", ".join(error.where for error in wrong[1:])
    more = f"These rows cannot be used either: {others}." if others else ""
    return InputError(first.what, where=first.where, remedy=" ".join(filter(None, (first.remedy, more))))


def _row(raw: dict[str, Any] | InputError, where: str) -> Row:
    if isinstance(raw, InputError):
        raise raw
    try:
        return Row.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        remedy = f"The fields are: {', '.join(Row.model_fields)}." if first["type"] == "extra_forbidden" else ""
        raise InputError(f"{place}: {first['msg']}", where=where, remedy=remedy) from error


def _raw(path: Path) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """(line, fields) of every row; what is no row is an error in its place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("this list cannot be read", where=str(path), remedy="Give a UTF-8 text file.") from error
    return _csv(text) if path.suffix.lower() == ".csv" else _json_lines(text, path)


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            yield number, InputError(f"this is no JSON ({error})", where=f"{path}:{number}")
        else:
            told = InputError("a row is a JSON object", where=f"{path}:{number}")
            yield number, fields if isinstance(fields, dict) else told


def _csv(text: str) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    reader = csv.DictReader(text.splitlines(), restkey="too many cells")
    for cells in reader:
        yield reader.line_num, {name: value for name, value in cells.items() if value not in (None, "")}
