"""The page on which a person accepts or rejects candidates. It opens offline, or from `review_server`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import disk_errors, write_text
from cleanplate.progress import Progress, Silent
from cleanplate.report.sheet import on_checker
from cleanplate.report.words import element, joined, percent, safe, script_json
from cleanplate.worlds.cards import Card, Views
from cleanplate.worlds.formats.clips import read_pictures
from cleanplate.worlds.formats.vera_layout import VeraFrame
from cleanplate.worlds.harvest.decisions import DECISIONS, Candidate, candidates, read_decisions
from cleanplate.worlds.harvest.job import PLATE, WORK
from cleanplate.worlds.shown import Shown, policy, rows_and_columns, show, stage, static

PAGE, MEDIA = "review.html", "review_files"
_WIDEST = 480
_INVENTED = 0.5
"""Share of the hole below which the clean plate is mostly texture that nobody filmed."""
_PALE = 0.005
"""Mean alpha below which there is hardly anything to see."""


@dataclass
class _Figures:
    """Of the matte, gathered as its frames pass."""

    alpha: list[float] = field(default_factory=list)
    soft: list[float] = field(default_factory=list)

    def note(self, alpha: NDArray[np.uint8]) -> None:
        there = np.count_nonzero(alpha)
        self.alpha.append(float(alpha.mean()) / 255)
        if there:
            self.soft.append(np.count_nonzero((alpha > 0) & (alpha < 255)) / there)


def write_page(out: Path, *, progress: Progress | None = None) -> Path:
    """Write `review.html` into a harvest, its videos beside it, and return it.

    Raises:
        InputError: there are no candidates.
        ResourceError: the disk is full, or may not be written to.
    """
    found, page, media = candidates(out), out / PAGE, out / MEDIA
    decided = read_decisions(out / DECISIONS)
    shown = []
    with disk_errors(page), (progress or Silent()).task("Drawing", len(found)) as tick:
        if media.is_dir():
            shutil.rmtree(media)
        media.mkdir()
        for number, candidate in enumerate(found):
            shown.append(_shown(candidate, out, media / f"{number:05d}.mp4"))
            tick()
        verdicts = {name: str(verdict) for name, verdict in decided.decisions.items()}
        write_text(page, _page(out.resolve().name, shown, verdicts))
    return page


def _shown(candidate: Candidate, out: Path, path: Path) -> tuple[Candidate, Shown, _Figures]:
    figures, plate = _Figures(), out / WORK / candidate.name / PLATE
    try:
        rate = float(candidate.sample.rate())
    except InputError:
        rate = 16.0
    views = partial(_views, candidate, plate if plate.is_file() else None, figures)
    card = Card(candidate.name, candidate.sample.record.instruction, (), rate, views)
    return candidate, show(card, path, _WIDEST), figures


def _views(candidate: Candidate, plate: Path | None, figures: _Figures) -> Iterator[Views]:
    """What was filmed, where that is known, beside what the layer makes of it."""
    filmed = read_pictures(plate) if plate is not None else None
    for frame in candidate.sample.frames():
        first = {} if filmed is None else {"As filmed": next(filmed)}
        yield first | _layered(frame, figures)
    if filmed is not None:
        filmed.close()


def _layered(frame: VeraFrame, figures: _Figures) -> Views:
    if frame.edit_rgb is None or frame.edit_alpha is None or frame.composite is None:
        raise InputError("the layer or its composite is missing")
    figures.note(frame.edit_alpha)
    alpha = frame.edit_alpha.astype(np.float32) / np.float32(255)
    layer = on_checker(frame.edit_rgb.astype(np.float32) / np.float32(255) * alpha[..., None], alpha)
    views = {"Composite": frame.composite, "Input": frame.input, "Layer": layer}
    views["Matte"] = np.dstack([frame.edit_alpha] * 3)
    return views if frame.preserved is None else views | {"Preserved": frame.preserved}


def _page(title: str, shown: list[tuple[Candidate, Shown, _Figures]], verdicts: dict[str, str]) -> str:
    style, script, template = (static(name) for name in ("review.css", "review.js", "review.html"))
    return Template(template).substitute(
        policy=policy(style, script, connect=True),
        title=safe(title),
        style=style,
        script=script,
        data=script_json({"decisions": verdicts, "file": DECISIONS}),
        entries=joined(_entry(candidate, one) for candidate, one, _ in shown),
        cards=joined(_card(*one) for one in shown),
    )


def _entry(candidate: Candidate, shown: Shown) -> str:
    columns = rows_and_columns(len(shown.labels))[1] if shown.media else 1
    picture = element("div", '<img alt="" hidden>', class_=f"thumb of-{columns}")
    words = element("b", safe(candidate.sample.record.subject_type)) + element("span", safe(candidate.name))
    return element("button", picture + element("div", words), type="button", data_name=candidate.name)


def _card(candidate: Candidate, shown: Shown, figures: _Figures) -> str:
    record = candidate.sample.record
    told = element("p", safe(shown.trouble[:1].upper() + shown.trouble[1:]), class_="trouble", role="alert")
    cautions = joined(element("li", safe(text)) for text in _cautions(candidate, figures))
    facts = joined(f"<dt>{safe(name)}</dt><dd>{safe(value)}</dd>" for name, value in _facts(candidate, shown, figures))
    words = [
        element("h2", safe(record.subject_type or candidate.name)),
        element("p", safe(record.instruction), class_="sentence"),
        told if shown.trouble else "",
        element("ul", cautions, class_="cautions") if cautions else "",
        element("dl", facts),
    ]
    return element("article", stage(shown) + element("div", joined(words), class_="words"), data_name=candidate.name)


def _facts(candidate: Candidate, shown: Shown, figures: _Figures) -> Iterator[tuple[str, str]]:
    known = candidate.sample.record.metadata
    yield "Candidate", candidate.name
    if "clip" in known:
        yield "Clip", str(known["clip"])
    yield "Length", f"{shown.frames} frames, {shown.card.rate:g} fps"
    if figures.alpha:
        yield "Mean alpha", percent(float(np.mean(figures.alpha)))
    if figures.soft:
        yield "Soft part of the matte", percent(float(np.mean(figures.soft)))
    if isinstance(seen := known.get("seen"), float | int):
        yield "Clean plate seen elsewhere", percent(seen)
    yield "Afterwards", candidate.sample.record.target_caption


def _cautions(candidate: Candidate, figures: _Figures) -> Iterator[str]:
    known = candidate.sample.record.metadata
    if warnings := known.get("warnings"):
        yield str(warnings)
    if isinstance(seen := known.get("seen"), float | int) and seen < _INVENTED:
        yield "Most of what lies behind was never filmed: the clean plate there is texture from around it."
    if figures.alpha and float(np.mean(figures.alpha)) < _PALE:
        yield "There is hardly anything in the layer."
