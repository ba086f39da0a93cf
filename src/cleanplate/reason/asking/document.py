"""From a model's answer to the document: frames of the clip, cells of the coded grid, ids of our own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from cleanplate.masks.reasoning import CellsAt, Kind, PathPoint, Reasoning, RemovedWith, Thing
from cleanplate.reason.asking import answer as said
from cleanplate.reason.asking.language import is_english
from cleanplate.reason.asking.reading import Unusable
from cleanplate.reason.asking.view import View

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ARTICLES = re.compile(r"^(the|a|an)\s+")
_NOT_NAMES = re.compile(r"[^a-z0-9]+")
_WHY = 400
"""Characters of a reason; the rest is cut."""
_T = TypeVar("_T", said.Seen, said.Point)


@dataclass(frozen=True)
class Asked:
    """What was asked about.

    Attributes:
        names: of the removed objects, in the order of their letters.
        view: how the frames were shown.
        length: frames of the clip.
        shown: frames that were shown, in order.
        source: who answers, for the document.
    """

    names: tuple[str, ...]
    view: View
    length: int
    shown: tuple[int, ...]
    source: str

    def object(self, text: str, called: Sequence[said.Named] = ()) -> str | None:
        """The removed object that a letter or name means; `called` are names that the model has given them."""
        word = _plain(text.strip().removeprefix("object "))
        by_word = {_plain(item.name): item.letter.strip().upper() for item in called}
        by_letter = dict(zip(_LETTERS, self.names, strict=False))
        named = next((name for name in self.names if _plain(name) == word), None)
        return named or by_letter.get(word.upper()) or by_letter.get(by_word.get(word, ""))


def letters(names: Sequence[str]) -> list[str]:
    """A letter for each object."""
    return list(_LETTERS[: len(names)])


def document(answer: said.Answer, asked: Asked) -> Reasoning:
    """The document that an answer means. Raises Unusable with all that is wrong with it."""
    faults = [*_faults(answer, asked)]
    if faults:
        raise Unusable(faults)
    ids = _ids(answer, asked)
    down = answer.down or said.Direction(x=0, y=1)
    length = math.hypot(down.x, down.y)
    towards = (down.x / length, down.y / length) if length else (0.0, 1.0)
    try:
        return Reasoning(
            frames=asked.length,
            height=asked.view.info.height,
            width=asked.view.info.width,
            grid=asked.view.coded,
            removed=asked.names,
            removed_with=tuple(_belonging(item, answer, asked) for item in answer.belongings),
            affected=tuple(_thing(item, answer, ids, asked) for item in answer.affected),
            gravity=asked.view.direction(*towards),
            scene_after=answer.scene_after.strip(),
        )
    except ValidationError as error:
        raise Unusable([fault["msg"].removeprefix("Value error, ") for fault in error.errors()]) from error


def _faults(answer: said.Answer, asked: Asked) -> Iterable[str]:
    """What is wrong with an answer of the right form, in words that say how to mend it."""
    reasons = " ".join(item.why for item in answer.affected)
    if not (is_english(answer.scene_after) and is_english(reasons)):
        yield "the answer is not in English"
    itself = {_plain(name) for name in asked.names} | {_plain(named.name) for named in answer.objects}
    items: list[said.Affected | said.Belonging] = [*answer.affected, *answer.belongings]
    named = [_plain(item.name) for item in items]
    known = {_plain(item.name) for item in answer.affected}
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"two things are called '{name}'; give each a name of its own"
    for item in items:
        if not _plain(item.name):
            yield "a thing has no name"
        if _plain(item.name) in itself:
            yield f"'{item.name}' is the removed object itself; leave it out"
        if not 0 <= item.confidence <= 1:
            yield f"'{item.name}', confidence: {item.confidence:g} is not between 0 and 1"
        yield from _misplaced(item, asked)
    for thing in answer.affected:
        yield from _mistimed(thing, asked)
        others = known - {_plain(thing.name)}
        if asked.object(thing.caused_by, answer.objects) is None and _plain(thing.caused_by) not in others:
            yield f"'{thing.name}', caused_by: neither the letter of an object nor another affected thing"
    for belonging in answer.belongings:
        if asked.object(belonging.removed_with, answer.objects) is None:
            yield f"'{belonging.name}', removed_with: not the letter of an outlined object"


def _misplaced(item: said.Affected | said.Belonging, asked: Asked) -> Iterable[str]:
    """Cells outside the grid and frames outside the clip."""
    cells = [(seen.frame, cell) for seen in item.cells_by_time for cell in seen.cells]
    frames = [seen.frame for seen in item.cells_by_time]
    if isinstance(item, said.Affected):
        cells += [(point.frame, point.cell) for point in item.path]
        cells += [(item.end, item.rest_place)] if item.rest_place is not None else []
        frames += [point.frame for point in item.path]
    rows, columns = asked.view.grid.rows, asked.view.grid.columns
    outside = [(n, c) for n, c in cells if not (0 <= c.row < rows and 0 <= c.column < columns)]
    if outside:
        frame, cell = outside[0]
        yield (
            f"'{item.name}', frame {frame}: cell ({cell.row}, {cell.column}) lies outside the grid of {rows} rows "
            f"and {columns} columns, both counted from 0"
        )
    if late := [n for n in frames if not 0 <= n < asked.length]:
        yield f"'{item.name}': frame {late[0]} of a video that ends with frame {asked.length - 1}"


def _mistimed(thing: said.Affected, asked: Asked) -> Iterable[str]:
    if not 0 <= thing.onset <= thing.end < asked.length:
        yield (f"'{thing.name}': onset {thing.onset} and end {thing.end} must rise, from 0 to {asked.length - 1}")
    light = thing.kind in (Kind.SHADOW, Kind.REFLECTION)  # looked for beside the object
    if not (light or thing.path or thing.rest_place or any(seen.cells for seen in thing.cells_by_time)):
        yield f"'{thing.name}' says nowhere where it is: give cells_by_time, a path or a rest_place"
    if thing.size_cells is not None and min(thing.size_cells.rows, thing.size_cells.columns) < 1:
        yield f"'{thing.name}', size_cells: at least one row and one column"


def _thing(item: said.Affected, answer: said.Answer, ids: dict[str, str], asked: Asked) -> Thing:
    view = asked.view
    onset, end = widened(item.onset, item.end, asked)
    return Thing(
        id=ids[_plain(item.name)],
        name=item.name.strip(),
        kind=Kind(item.kind),
        caused_by=asked.object(item.caused_by, answer.objects) or ids[_plain(item.caused_by)],
        why=item.why.strip()[:_WHY],
        onset=onset,
        end=end,
        will_move=item.will_move,
        was_moving=item.was_moving,
        should_have_stayed=item.should_have_stayed,
        cells_by_time=_seen(item.cells_by_time, asked),
        size_cells=None if item.size_cells is None else view.size((item.size_cells.rows, item.size_cells.columns)),
        path=tuple(PathPoint(frame=p.frame, cell=view.cell((p.cell.row, p.cell.column))) for p in _in_order(item.path)),
        rest_place=None if item.rest_place is None else view.cell((item.rest_place.row, item.rest_place.column)),
        confidence=round(item.confidence, 2),
        source=asked.source,
    )


def _belonging(item: said.Belonging, answer: said.Answer, asked: Asked) -> RemovedWith:
    return RemovedWith(
        name=item.name.strip(),
        why=item.why.strip()[:_WHY],
        removed_with=asked.object(item.removed_with, answer.objects) or "",
        cells_by_time=_seen(item.cells_by_time, asked),
        confidence=round(item.confidence, 2),
        source=asked.source,
    )


def widened(onset: int, end: int, asked: Asked) -> tuple[int, int]:
    """Onset and end when only some frames were shown.

    A thing that differs first on one shown frame may have begun to after the shown frame before; likewise at the end.
    Frames that were not shown are taken as they are said.
    """
    if onset in asked.shown:
        before = [n for n in asked.shown if n < onset]
        onset = before[-1] + 1 if before else onset
    if end in asked.shown:
        after = [n for n in asked.shown if n > end]
        end = after[0] - 1 if after else end
    return onset, end


def _seen(entries: tuple[said.Seen, ...], asked: Asked) -> tuple[CellsAt, ...]:
    """Cells on the frames on which they were seen; what lies between is for those who look at the clip."""
    view = asked.view
    return tuple(
        CellsAt(frame=at.frame, cells=tuple(sorted({view.cell((cell.row, cell.column)) for cell in at.cells})))
        for at in _in_order(entries)
    )


def _in_order(entries: tuple[_T, ...]) -> list[_T]:
    """By frame, the last word on each."""
    return [entry for _, entry in sorted({entry.frame: entry for entry in entries}.items())]


def _ids(answer: said.Answer, asked: Asked) -> dict[str, str]:
    """Plain name -> id, unique beside the names of what is removed."""
    taken = {*asked.names, *(item.name for item in answer.belongings)}
    ids: dict[str, str] = {}
    for item in answer.affected:
        base = _NOT_NAMES.sub("-", _plain(item.name)).strip("-") or "thing"
        ident, number = base, 2
        while ident in taken:
            ident, number = f"{base}-{number}", number + 1
        taken.add(ident)
        ids[_plain(item.name)] = ident
    return ids


def _plain(name: str) -> str:
    return _ARTICLES.sub("", " ".join(name.casefold().split()))
