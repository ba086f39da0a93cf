"""The morph check's findings as a panel: how far each moving thing keeps its shape, over the frames."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cleanplate.errors import PackageError
from cleanplate.report.words import element, joined, safe

MEASUREMENT = "morph"
"""Its name among what an engine measured."""
_WIDTH, _HEIGHT = 600.0, 60.0
_ROOM = 1.15
"""Height of the drawing in what is highest on it."""
_Departure = Annotated[float, Field(ge=0, allow_inf_nan=False)]


_SHOWS = {
    "wave": "its surface wavers",
    "pulse": "it stretches and shrinks",
    "pulse_close": "it stretches and shrinks",
    "size": "its size jumps",
    "colour": "its colour changes",
}
"""What drifts, by the measure that speaks loudest."""


class Followed(BaseModel):
    """One thing: its score, the frames that were measured and their values, and the frame where it was lost, if any;
    which measure speaks loudest, and where."""

    model_config = ConfigDict(frozen=True)
    thing: str
    score: _Departure
    frames: tuple[int, ...]
    curve: tuple[_Departure, ...]
    lost: int | None = None
    shows: str | None = None
    worst: int | None = None

    @model_validator(mode="after")
    def _as_long(self) -> Followed:
        if len(self.frames) != len(self.curve):
            raise ValueError("as many frames as values are needed")
        return self


class MorphFindings(BaseModel):
    """What an engine measured; above `threshold` a thing is taken to morph."""

    model_config = ConfigDict(frozen=True)
    threshold: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    things: tuple[Followed, ...]
    pass2: bool
    why: str


def morph_findings(measurements: Mapping[str, Any]) -> MorphFindings | None:
    """Of what an engine measured; None when it made no such check.

    Raises:
        PackageError: there are findings that cannot be read.
    """
    if MEASUREMENT not in measurements:
        return None
    try:
        return MorphFindings.model_validate(measurements[MEASUREMENT])
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(step) for step in (MEASUREMENT, *first["loc"]))
        raise PackageError(f"the morph check's findings cannot be read: {first['msg']}", where=where) from fault


def morph_panel(findings: MorphFindings | None) -> str:
    """What it led to, and a curve for each thing; nothing when there was no check."""
    if findings is None:
        return ""
    ran = "A second pass was made" if findings.pass2 else "No second pass was made"
    lead = element("p", safe(f"{ran}: {findings.why}."), class_="lead")
    rows = joined(_thing(one, findings.threshold) for one in findings.things)
    listed = element("ul", rows, class_="morphs") if rows else ""
    return element("section", element("h2", "Shapes that move") + lead + listed, class_="panel", id="morph")


def _thing(one: Followed, threshold: float) -> str:
    said = element("small", safe(_said(one, threshold)))
    over = "over" if one.score > threshold else "within"
    return element("li", element("span", element("b", safe(one.thing)) + said) + _drawn(one, threshold), class_=over)


def _said(one: Followed, threshold: float) -> str:
    lost = "" if one.lost is None else f"; not found any more from frame {one.lost}"
    if not one.frames:
        return f"could not be measured{lost}"
    if one.score <= threshold:
        return f"keeps its shape: {one.score:.2f}, where {threshold:.2f} is allowed{lost}"
    where = "" if one.worst is None else f", most around frame {one.worst}"
    drifts = f"; {_SHOWS[one.shows]}{where}" if one.shows in _SHOWS else ""
    return f"does not keep its shape: {one.score:.2f}, where {threshold:.2f} is allowed{drifts}{lost}"


def _drawn(one: Followed, threshold: float) -> str:
    """The curve as a picture, of every or every so manieth frame; broken where some of those were not measured."""
    if not one.frames:
        return ""
    first, last = one.frames[0], one.frames[-1]
    top = _ROOM * max(threshold, *one.curve)
    across = _WIDTH / max(1, last - first)
    points = [
        ((frame - first) * across, _HEIGHT * (1 - value / top))
        for frame, value in zip(one.frames, one.curve, strict=True)
    ]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    steps = [after - before for before, after in pairwise(one.frames)]
    for step, (x, y) in zip(steps, points[1:], strict=True):
        path += f"{'L' if step < 2 * min(steps) else 'M'}{x:.1f} {y:.1f}"
    level = f"{_HEIGHT * (1 - threshold / top):.1f}"
    limit = f'<line x1="0" x2="{_WIDTH:.0f}" y1="{level}" y2="{level}"/>'
    box = f'viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" preserveAspectRatio="none"'
    label = safe(f"{one.thing}: departure over frames {first} to {last}")
    drawing = f'<svg {box} role="img" aria-label="{label}">{limit}<path d="{path}"/></svg>'
    return f'<span class="curve">{drawing}<small>{first}</small><small>{last}</small></span>'
