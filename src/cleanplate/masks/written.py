"""How clicks, boxes and strokes are written, on the command line and in lists."""

from __future__ import annotations

import re
from collections.abc import Callable

from cleanplate.errors import UsageError
from cleanplate.masks.selection import Box, Click, Stroke

TimeParser = Callable[[str], int]
"""A time as written (frame, seconds, timecode) -> frame."""

_NUMBER = r"\d+(?:\.\d+)?"
_CLICK = re.compile(rf"(?P<x>{_NUMBER}),(?P<y>{_NUMBER})(?:@(?P<frame>[^-]+))?(?P<minus>-)?")
_BOX = re.compile(rf"(?P<box>{_NUMBER}(?:,{_NUMBER}){{3}})(?:@(?P<frame>.+))?")
_STROKE = re.compile(
    rf"(?P<points>{_NUMBER},{_NUMBER}(?: +{_NUMBER},{_NUMBER})*):(?P<radius>{_NUMBER})"
    r"(?:@(?P<frame>[^-]+))?(?P<minus>-)?"
)


def parse_click(text: str, frame: TimeParser) -> Click:
    """``X,Y``, with ``@FRAME`` and a trailing ``-`` for what is not the object. Raises UsageError."""
    found = _matched(_CLICK, text, "click", "X,Y, X,Y@FRAME, or X,Y@FRAME- for what is not the object")
    return Click(x=float(found["x"]), y=float(found["y"]), frame=_at(found, frame), positive=not found["minus"])


def parse_box(text: str, frame: TimeParser) -> Box:
    """``X0,Y0,X1,Y1``, with ``@FRAME``. Raises UsageError."""
    found = _matched(_BOX, text, "box", "X0,Y0,X1,Y1 or X0,Y0,X1,Y1@FRAME")
    x0, y0, x1, y1 = map(float, found["box"].split(","))
    if x1 <= x0 or y1 <= y0:
        raise UsageError(f"the box '{text}' is empty", remedy="X1 and Y1 lie to the right of and below X0 and Y0.")
    return Box(x0=x0, y0=y0, x1=x1, y1=y1, frame=_at(found, frame))


def parse_stroke(text: str, frame: TimeParser) -> Stroke:
    """``X,Y X,Y ...:RADIUS``, with ``@FRAME`` and a trailing ``-``. Raises UsageError."""
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
