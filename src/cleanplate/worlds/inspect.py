"""`inspect`: a page that plays every sample of a data set, its views side by side. It opens offline."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files as resources
from pathlib import Path
from string import Template
from urllib.parse import quote

import cv2
import numpy as np

from cleanplate.errors import CleanplateError
from cleanplate.files import atomic, disk_errors, write_text
from cleanplate.progress import Progress, Silent
from cleanplate.report.proxy import ProxyWriter
from cleanplate.report.words import element, joined, safe
from cleanplate.worlds.cards import WIDEST, Card, Views, cards
from cleanplate.worlds.findings import Layout
from cleanplate.worlds.formats.clips import Picture
from cleanplate.worlds.validate import layout_of

PAGE = "inspect.html"
_GAP = 4
_GROUND = 24
_LEGEND = (("Removed", "remove"), ("Affected", "affected"), ("Both", "overlap"))


@dataclass(frozen=True)
class _Shown:
    """A card as it stands on the page."""

    card: Card
    media: str
    poster: str
    labels: tuple[str, ...]
    frames: int
    size: tuple[int, int]
    trouble: str = ""


def inspect(
    folder: Path, out: Path | None = None, *, limit: int | None = None, progress: Progress | None = None
) -> Path:
    """Write a contact sheet of a data set; its small videos lie in a folder beside it, called like the page.

    Args:
        out: the page; by default `inspect.html` in the data set.
        limit: so many samples at most.
    Returns:
        the page.
    Raises:
        InputError: the folder holds no data set that cleanplate knows.
        ResourceError: the disk is full, or may not be written to.
    """
    layout, page = layout_of(folder), out or folder / PAGE
    media = page.with_name(page.stem + "_files")
    shown = []
    with disk_errors(page), (progress or Silent()).task("Drawing", limit) as tick:
        if media.is_dir():
            shutil.rmtree(media)
        media.mkdir(parents=True)
        for number, card in enumerate(cards(folder, layout)):
            if number == limit:
                break
            shown.append(_show(card, media / f"{number:05d}.mp4"))
            tick()
        write_text(page, _page(folder.resolve().name, layout, shown))
    return page


def _show(card: Card, path: Path) -> _Shown:
    """Draw a card's video; what stops it is told on the card."""
    drawn = card.views()
    try:
        opening = next(drawn)
    except (CleanplateError, StopIteration) as error:
        told = error.what if isinstance(error, CleanplateError) else "there is nothing to show"
        return _Shown(card, "", "", (), 0, (1, 1), told)
    first, count, trouble = _strip(opening), 1, ""
    size = first.shape[0], first.shape[1]
    with atomic(path) as partial, ProxyWriter(partial, size, Fraction(card.rate).limit_denominator(1001)) as writer:
        writer.write(first)
        try:
            for views in drawn:
                writer.write(_strip(views))
                count += 1
        except CleanplateError as error:
            trouble = error.what
    place = f"{quote(path.parent.name)}/{quote(path.name)}"
    return _Shown(card, place, _jpeg(first), tuple(opening), count, size, trouble)


def _fitted(view: Picture) -> Picture:
    """At most `WIDEST` wide."""
    height, width = view.shape[:2]
    if width <= WIDEST:
        return view
    fitted: Picture = cv2.resize(view, (WIDEST, round(height * WIDEST / width)), interpolation=cv2.INTER_AREA)
    return fitted


def _strip(views: Views) -> Picture:
    """Views of one size as `_rows_and_columns` has it; both sides even."""
    tiles = [_fitted(view) for view in views.values()]
    height, width = tiles[0].shape[:2]
    cell_y, cell_x = -(-(height + _GAP) // 2) * 2, -(-(width + _GAP) // 2) * 2
    rows, columns = _rows_and_columns(len(tiles))
    last_y, last_x = -(-height // 2) * 2, -(-width // 2) * 2
    strip = np.full(((rows - 1) * cell_y + last_y, (columns - 1) * cell_x + last_x, 3), _GROUND, np.uint8)
    for number, tile in enumerate(tiles):
        y, x = number // columns * cell_y, number % columns * cell_x
        strip[y : y + height, x : x + width] = tile
    return strip


def _rows_and_columns(views: int) -> tuple[int, int]:
    """At most three abreast, and four in a square."""
    columns = 2 if views == 4 else min(3, views)
    return -(-views // columns), columns


def _page(title: str, layout: Layout, shown: list[_Shown]) -> str:
    style, script, template = (_static(name) for name in ("inspect.css", "inspect.js", "inspect.html"))
    families = sorted({value for one in shown for name, value in one.card.facts if name in ("Family", "Edit")})
    options = (element("option", safe(family), value=family) for family in families)
    legend = (element("li", f"<i></i>{word}", class_=kind) for word, kind in _LEGEND)
    return Template(template).substitute(
        policy=_policy(style, script),
        title=safe(title),
        style=style,
        script=script,
        count=f"{len(shown)} samples" if len(shown) != 1 else "1 sample",
        layout={Layout.VOID: "counterfactual pairs", Layout.VERA: "layered clips", Layout.SHARDS: "shards"}[layout],
        families=joined(options),
        legend=joined(legend) if any("Quadmask" in one.labels for one in shown) else "",
        cards=joined(map(_card, shown)),
    )


def _card(shown: _Shown) -> str:
    card = shown.card
    facts = joined(f"<dt>{safe(name)}</dt><dd>{safe(value)}</dd>" for name, value in card.facts)
    frames = f"{shown.frames} frames, {card.rate:g} fps" if shown.frames else ""
    head = element("h2", safe(card.name)) + element("p", safe(frames), class_="frames")
    sentence = element("p", safe(card.sentence), class_="sentence") if card.sentence else ""
    trouble = element("p", safe(shown.trouble[:1].upper() + shown.trouble[1:]), class_="trouble", role="alert")
    more = element("details", f"<summary>Facts</summary><dl>{facts}</dl>") if facts else ""
    body = joined([head, sentence, trouble if shown.trouble else "", more])
    kind = next((value for name, value in card.facts if name in ("Family", "Edit")), "")
    return element("article", _stage(shown) + element("div", body, class_="words"), data_kind=kind)


def _stage(shown: _Shown) -> str:
    if not shown.media:
        return ""
    height, width = shown.size
    video = (
        f'<video muted loop playsinline preload="none" width="{width}" height="{height}" '
        f'poster="{shown.poster}" data-src="{safe(shown.media)}"></video>'
    )
    rows, columns = _rows_and_columns(len(shown.labels))
    labels = joined(element("span", safe(label)) for label in shown.labels)
    tags = element("div", labels, class_=f"tags columns-{columns} rows-{rows}", aria_hidden="true")
    said = f"{shown.card.name}: {', '.join(shown.labels)}. Larger or smaller."
    return element("button", video + tags, class_="stage", type="button", aria_label=said)


def _static(name: str) -> str:
    return (resources("cleanplate.worlds") / "static" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing may be fetched but the videos beside the page; nothing runs but this script."""
    digests: Mapping[str, str] = {
        name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for name, text in (("script", script), ("style", style))
    }
    return (
        f"default-src 'none'; script-src 'sha256-{digests['script']}'; style-src 'sha256-{digests['style']}'; "
        "img-src data:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _jpeg(picture: Picture) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
