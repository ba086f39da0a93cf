"""How clicks, boxes, strokes and frames are written on the command line.

``--object NAME`` holds for what follows it. The parser underneath keeps no order between options of different names, so
`scoped` writes the name into each value before parsing: ``--click 120,80`` becomes ``--click NAME␟120,80``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cleanplate.errors import UsageError
from cleanplate.masks.selection import Selection
from cleanplate.masks.written import TimeParser, parse_box, parse_click, parse_stroke

_POINTING = ("--click", "--box", "--stroke")
_MARK = "\x1f"


def scoped(arguments: Sequence[str]) -> list[str]:
    """The arguments with every pointing value marked by the object it belongs to."""
    name, pending = "object", ""
    result: list[str] = []
    for place, argument in enumerate(arguments):
        if argument == "--":
            return result + list(arguments[place:])
        option, _, inline = argument.partition("=")
        if pending == "--object":
            name = argument
        elif pending:
            argument = name + _MARK + argument  # noqa: PLW2901
        elif option == "--object" and inline:
            name = inline
        elif option in _POINTING and inline:
            argument = f"{option}={name}{_MARK}{inline}"  # noqa: PLW2901
        pending = argument if not pending and argument in (*_POINTING, "--object") else ""
        result.append(argument)
    return result


def selections(
    clicks: Iterable[str], boxes: Iterable[str], strokes: Iterable[str], frame: TimeParser
) -> tuple[Selection, ...]:
    """One selection for each object, in the order in which they are first named. Raises UsageError."""
    found: dict[str, Selection] = {}
    kinds = (("clicks", clicks, parse_click), ("boxes", boxes, parse_box), ("strokes", strokes, parse_stroke))
    for field, texts, parse in kinds:
        for text in texts:
            name, _, value = text.rpartition(_MARK)
            known = found.get(name or "object", Selection(name=name or "object"))
            found[known.name] = known.model_copy(update={field: (*getattr(known, field), parse(value, frame))})
    return tuple(found.values())


def plain(texts: Iterable[str] | None) -> list[str]:
    """The values as they were typed, without the names of objects."""
    return [text.rpartition(_MARK)[2] for text in texts or ()]


def frame_range(text: str, frame: TimeParser) -> tuple[int, int]:
    """``A-B`` (both inclusive; either may be left out) -> first and last frame, -1 for an open end."""
    first, dash, last = text.partition("-")
    if not dash:
        raise UsageError(f"'{text}' is no range of frames", remedy="Write FIRST-LAST, such as 12-80 or 1s-3.5s.")
    return (frame(first) if first else 0), (frame(last) if last else -1)
