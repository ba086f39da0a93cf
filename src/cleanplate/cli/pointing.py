"""How clicks, boxes, strokes and frames are written on the command line.

``--object NAME`` holds for what follows it. The parser underneath keeps no order between options of different names, so
`scoped` writes the name into each value before parsing: ``--click 120,80`` becomes ``--click NAME␟120,80``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from cleanplate.errors import UsageError
from cleanplate.masks.selection import Box, Click, Selection, Stroke

TimeParser = Callable[[str], int]
"""A time as written (frame, seconds, timecode) -> frame."""

_POINTING = ("--click", "--box", "--stroke")
_MARK = "\x1f"
_NUMBER = r"\d+(?:\.\d+)?"
_CLICK = re.compile(rf"(?P<x>{_NUMBER}),(?P<y>{_NUMBER})(?:@(?P<frame>[^-]+))?(?P<minus>-)?")
_BOX = re.compile(rf"(?P<box>{_NUMBER}(?:,{_NUMBER}){{3}})(?:@(?P<frame>.+))?")
_STROKE = re.compile(
    rf"(?P<points>{_NUMBER},{_NUMBER}(?: +{_NUMBER},{_NUMBER})*):(?P<radius>{_NUMBER})"
    r"(?:@(?P<frame>[^-]+))?(?P<minus>-)?"
)


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
    for field, texts, parse in (("clicks", clicks, _click), ("boxes", boxes, _box), ("strokes", strokes, _stroke)):
        for text in texts:
            name, _, value = text.rpartition(_MARK)
            known = found.get(name or "object", Selection(name=name or "object"))
            found[known.name] = known.model_copy(update={field: (*getattr(known, field), parse(value, frame))})
    return tuple(found.values())


def frame_range(text: str, frame: TimeParser) -> tuple[int, int]:
    """``A-B`` (both inclusive; either may be left out) -> first and last frame, -1 for an open end."""
    first, dash, last = text.partition("-")
    if not dash:
        raise UsageError(f"'{text}' is no range of frames", remedy="Write FIRST-LAST, such as 12-80 or 1s-3.5s.")
    return (frame(first) if first else 0), (frame(last) if last else -1)


def _click(text: str, frame: TimeParser) -> Click:
    found = _matched(_CLICK, text, "click", "X,Y, X,Y@FRAME, or X,Y@FRAME- for what is not the object")
    return Click(x=float(found["x"]), y=float(found["y"]), frame=_at(found, frame), positive=not found["minus"])


def _box(text: str, frame: TimeParser) -> Box:
    found = _matched(_BOX, text, "box", "X0,Y0,X1,Y1 or X0,Y0,X1,Y1@FRAME")
    x0, y0, x1, y1 = map(float, found["box"].split(","))
    if x1 <= x0 or y1 <= y0:
        raise UsageError(f"the box '{text}' is empty", remedy="X1 and Y1 lie to the right of and below X0 and Y0.")
    return Box(x0=x0, y0=y0, x1=x1, y1=y1, frame=_at(found, frame))


def _stroke(text: str, frame: TimeParser) -> Stroke:
    found = _matched(_STROKE, text, "stroke", "'X,Y X,Y ...:RADIUS', then @FRAME and - as for clicks")
    points = tuple((float(x), float(y)) for x, y in (p.split(",") for p in found["points"].split()))
    return Stroke(points=points, radius=float(found["radius"]), frame=_at(found, frame), positive=not found["minus"])


def _matched(pattern: re.Pattern[str], text: str, what: str, form: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise UsageError(f"'{text}' is no {what}", remedy=f"Write {form}.")
    return found


def _at(found: re.Match[str], frame: TimeParser) -> int:
    return 0 if found["frame"] is None else frame(found["frame"])
