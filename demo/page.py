"""The demo's one page: for each job plate, result and truth side by side, the figures, and where its report lies."""

from __future__ import annotations

import base64
import hashlib
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from string import Template
from urllib.parse import quote

import numpy as np
from figures import COLUMNS, Codes, Figures

from cleanplate.report.proxy import ProxyWriter
from cleanplate.report.words import element, joined, safe

_HERE = Path(__file__).parent
_GAP, _GROUND = 4, 24


@dataclass(frozen=True)
class Shown:
    """One exhibit as it came out.

    Attributes:
        views: what stands side by side, by label; T x H x W x 3 each, of one size with even sides.
        figures: by who made it.
        notes: what else has to be said, such as weights that are not there.
        reports: addresses of reports relative to the page, by who made the shot.
        proof: what was counted; empty without a shot.
        command: as it was typed; empty without a shot.
    """

    name: str
    title: str
    lead: str
    rate: int
    views: Mapping[str, Codes]
    figures: Mapping[str, Figures]
    notes: Sequence[str]
    reports: Mapping[str, Path]
    proof: str = ""
    command: str = ""


def render(shown: Sequence[Shown], footer: str) -> str:
    """The whole document: nothing is fetched, and nothing runs."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return Template((_HERE / "page.html").read_text(encoding="utf-8")).substitute(
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; media-src data:; base-uri 'none'; form-action 'none'",
        style=style,
        exhibits=joined(_section(one) for one in shown),
        footer=safe(footer),
    )


def _section(one: Shown) -> str:
    links = " · ".join(
        element("a", f"{safe(maker)}: the shot's own report", href=quote(path.as_posix()))
        for maker, path in one.reports.items()
    )
    parts = (
        element("h2", safe(one.title)),
        element("p", safe(one.lead), class_="lead"),
        *(element("p", safe(note), class_="note") for note in one.notes),
        element("ul", joined(element("li", safe(label)) for label in one.views), class_="views"),
        _video(one),
        element("div", _table(one.figures), class_="wide"),
        element("pre", safe(f"$ {one.command}")) if one.command else "",
        element("p", safe(one.proof)) if one.proof else "",
        element("p", links) if links else "",
    )
    return element("section", joined(parts), id=one.name)


def _table(figures: Mapping[str, Figures]) -> str:
    """A row for each maker; columns that any of them has."""
    names = [name for name in COLUMNS if any(name in row for row in figures.values())]
    heads = joined(
        element("th", f"{safe(COLUMNS[name].heading)}<small>{safe(COLUMNS[name].meaning)}</small>", scope="col")
        for name in names
    )
    rows = (
        element("th", safe(maker), scope="row") + "".join(element("td", _written(name, row)) for name in names)
        for maker, row in figures.items()
    )
    return element("table", element("tr", "<td></td>" + heads) + joined(element("tr", row) for row in rows))


def _written(name: str, row: Figures) -> str:
    value = row.get(name, math.nan)
    return "–" if math.isnan(value) else safe(COLUMNS[name].form.format(value))


def _video(one: Shown) -> str:
    """All views in one clip, so that they keep step; it lies inside the page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "views.mp4"
        sheets = [_side_by_side(frames) for frames in zip(*one.views.values(), strict=True)]
        height, width = sheets[0].shape[:2]
        with ProxyWriter(path, (height, width), Fraction(one.rate)) as writer:
            for sheet in sheets:
                writer.write(sheet)
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    said = f"{one.title}: {', '.join(one.views)}"
    return (
        f'<video autoplay loop muted playsinline controls width="{width}" height="{height}" '
        f'aria-label="{safe(said)}" src="data:video/mp4;base64,{data}"></video>'
    )


def _side_by_side(frames: Sequence[Codes]) -> Codes:
    gap = np.full((frames[0].shape[0], _GAP, 3), _GROUND, np.uint8)
    parts = [part for frame in frames for part in (gap, frame)][1:]
    return np.hstack(parts)
