"""What a contact sheet shows of one sample: views side by side, a sentence, and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.labels import LABELS, snap
from cleanplate.report.sheet import LABEL_COLOURS, on_checker
from cleanplate.worlds.findings import Layout
from cleanplate.worlds.formats.clips import Levels, Picture, read_levels, read_pictures
from cleanplate.worlds.formats.shards import Shards, unpacked
from cleanplate.worlds.formats.sources import Source
from cleanplate.worlds.formats.tracks import in_step
from cleanplate.worlds.formats.vera_layout import (
    COMPOSITE,
    EDIT_ALPHA,
    EDIT_RGB,
    INPUT,
    VeraDataset,
    VeraSample,
    packed_sample,
)
from cleanplate.worlds.formats.vera_layout import MASK as PRESERVE
from cleanplate.worlds.formats.vera_records import parse_line
from cleanplate.worlds.formats.void_layout import FULL, MASK, REMOVED, VoidSample, scan

Views = dict[str, Picture]
"""H x W x 3 each, by the word that stands under it."""
WIDEST = 320
"""Widest a view is drawn, in pixels."""
_DIM = 0.35
_STRENGTH = 0.75


@dataclass(frozen=True)
class Card:
    """One sample of a contact sheet.

    Attributes:
        sentence: what was asked for.
        facts: (name, value), as people read them.
        views: draws every frame's views, in order; raises InputError where the sample is broken.
        trouble: why there is nothing to show, where that is known already.
    """

    name: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    rate: float
    views: Callable[[], Iterator[Views]]
    trouble: str = ""


def cards(folder: Path, layout: Layout) -> Iterator[Card]:
    """The samples of a data set, one at a time, broken ones among them. Raises InputError without any."""
    if layout is Layout.VOID:
        yield from map(void_card, scan(folder))
    elif layout is Layout.VERA:
        data = VeraDataset.of_folder(folder)
        for name, number, text in data.lines():
            yield _line_card(name, number, text, data.source)
    else:
        for key, contents in Shards.open(folder).samples():
            with unpacked(key, contents) as place:  # lives as long as its card is looked at
                yield _packed_card(key, place)


def _line_card(document: str, number: int, text: str, source: Source) -> Card:
    try:
        record = parse_line(text, f"{document}:{number}")
    except InputError as error:
        return broken_card(error.where, error)
    return vera_card(VeraSample(record, document, number, source))


def _packed_card(key: str, place: Path) -> Card:
    try:
        line = packed_sample(place)
    except InputError as error:
        return broken_card(key, error)
    return void_card(VoidSample(key, place)) if line is None else vera_card(line)


def broken_card(name: str, error: InputError) -> Card:
    """A sample of which nothing can be read."""
    return Card(name, "", (), 1.0, lambda: iter(()), error.what)


def void_card(sample: VoidSample) -> Card:
    """Before, after, and the quadmask over the dimmed before."""
    try:
        known, rate = sample.metadata(), float(sample.rate())
    except InputError:
        known, rate = None, 12.0
    if known is None:
        told = _said({"Afterwards": _text(sample)})
        return Card(sample.name, "", told, rate, partial(_void_views, sample))
    changed = ", ".join(f"{thing.name} from frame {thing.onset}" for thing in known.changed)
    facts = {
        "Family": known.family,
        "Seed": str(known.seed),
        "Removed": ", ".join(known.removed),
        "Changed": changed or "nothing",
        "Afterwards": known.caption,
        **{name.replace("_", " ").capitalize(): str(value) for name, value in known.facts.items()},
    }
    return Card(sample.name, known.instruction, _said(facts), rate, partial(_void_views, sample))


def vera_card(sample: VeraSample) -> Card:
    """Before, after, the layer over a checkerboard, its matte, and what must stay."""
    record = sample.record
    try:
        rate = float(sample.rate())
    except InputError:
        rate = 16.0
    facts = {
        "Edit": record.edit_type.replace("_", " "),
        "Subject": record.subject_type,
        "Afterwards": record.target_caption,
        **{name.replace("_", " ").capitalize(): str(value) for name, value in record.metadata.items()},
    }
    name = record.video_id or sample.name
    return Card(name, record.instruction, _said(facts), rate, partial(_vera_views, sample))


def _text(sample: VoidSample) -> str:
    try:
        return sample.text
    except InputError as error:
        return f"({error.what})"


def over_picture(labels: Levels, picture: Picture) -> Picture:
    """A quadmask in its colours over the dimmed picture; what is kept shows through."""
    table = np.zeros((256, 3), np.float32)
    share = np.zeros((256, 1), np.float32)
    for label in LABELS:
        table[label], share[label] = LABEL_COLOURS[label], _STRENGTH if any(LABEL_COLOURS[label]) else 0.0
    weight = share[labels]
    drawn: Picture = np.rint(picture * _DIM * (1 - weight) + table[labels] * weight).astype(np.uint8)
    return drawn


def _void_views(sample: VoidSample) -> Iterator[Views]:
    wanted = {track: path for track in (FULL, REMOVED, MASK) if (path := sample.path(track)) is not None}
    readers = {
        track: read_levels(path, WIDEST) if track == MASK else read_pictures(path, WIDEST)
        for track, path in wanted.items()
    }
    names = {FULL: "Before", REMOVED: "After"}
    for found in in_step(readers, sample.folder):
        views = {names[track]: found[track] for track in names if track in found}
        if MASK in found:
            ground = found.get(FULL, np.zeros((*found[MASK].shape, 3), np.uint8))
            views["Quadmask"] = over_picture(snap(found[MASK])[0], ground)
        yield views


def _vera_views(sample: VeraSample) -> Iterator[Views]:
    for frame in sample.frames():
        views: dict[str, NDArray[np.uint8] | None] = {INPUT: frame.input, COMPOSITE: frame.composite}
        if frame.edit_rgb is not None and frame.edit_alpha is not None:
            peak = np.float32(255)
            alpha = frame.edit_alpha.astype(np.float32) / peak
            views[EDIT_RGB] = on_checker(frame.edit_rgb.astype(np.float32) / peak * alpha[..., None], alpha)
        views[EDIT_ALPHA] = None if frame.edit_alpha is None else np.dstack([frame.edit_alpha] * 3)
        views[PRESERVE] = None if frame.mask is None else np.dstack([frame.mask] * 3)
        yield {_WORDS[role]: view for role, view in views.items() if view is not None}


_WORDS = {INPUT: "Before", COMPOSITE: "After", EDIT_RGB: "Layer", EDIT_ALPHA: "Matte", PRESERVE: "Must stay"}


def _said(facts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in facts.items() if value)
