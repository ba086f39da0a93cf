"""How a sample stands on a page: one small video with its views side by side, and its markup."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files as resources
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np

from cleanplate.errors import CleanplateError
from cleanplate.files import atomic
from cleanplate.report.proxy import ProxyWriter
from cleanplate.report.words import element, joined, safe
from cleanplate.worlds.cards import WIDEST, Card, Views
from cleanplate.worlds.formats.clips import Picture

_GAP = 4
_GROUND = 24


@dataclass(frozen=True)
class Shown:
    """A card as it stands on the page.

    Attributes:
        media: its video, relative to the page; empty without one.
        poster: the first frame as a data URL.
        labels: of the views, in the order in which they stand.
        size: (height, width) of the video.
        trouble: what is wrong with the sample.
    """

    card: Card
    media: str
    poster: str
    labels: tuple[str, ...]
    frames: int
    size: tuple[int, int]
    trouble: str = ""


def show(card: Card, path: Path, widest: int = WIDEST) -> Shown:
    """Draw a card's video; what stops it is told on the card.

    Args:
        widest: pixels that a view may be wide.
    """
    drawn = card.views()
    try:
        opening = next(drawn)
    except (CleanplateError, StopIteration) as error:
        told = card.trouble or (error.what if isinstance(error, CleanplateError) else "there is nothing to show")
        return Shown(card, "", "", (), 0, (1, 1), told)
    first, count, trouble = _strip(opening, widest), 1, ""
    size = first.shape[0], first.shape[1]
    with atomic(path) as partial, ProxyWriter(partial, size, Fraction(card.rate).limit_denominator(1001)) as writer:
        writer.write(first)
        try:
            for views in drawn:
                writer.write(_strip(views, widest))
                count += 1
        except CleanplateError as error:
            trouble = error.what
    place = f"{quote(path.parent.name)}/{quote(path.name)}"
    return Shown(card, place, _jpeg(first), tuple(opening), count, size, trouble)


def stage(shown: Shown) -> str:
    """The video as a button that makes it larger, a label on each view; nothing where there is none."""
    if not shown.media:
        return ""
    height, width = shown.size
    video = (
        f'<video muted loop playsinline preload="none" width="{width}" height="{height}" '
        f'poster="{shown.poster}" data-src="{safe(shown.media)}"></video>'
    )
    rows, columns = rows_and_columns(len(shown.labels))
    labels = joined(element("span", safe(label)) for label in shown.labels)
    tags = element("div", labels, class_=f"tags columns-{columns} rows-{rows}", aria_hidden="true")
    said = f"{shown.card.name}: {', '.join(shown.labels)}. Larger or smaller."
    return element("button", video + tags, class_="stage", type="button", aria_label=said)


def _fitted(view: Picture, widest: int) -> Picture:
    height, width = view.shape[:2]
    if width <= widest:
        return view
    fitted: Picture = cv2.resize(view, (widest, round(height * widest / width)), interpolation=cv2.INTER_AREA)
    return fitted


def _strip(views: Views, widest: int) -> Picture:
    """Views of one size as `rows_and_columns` has it; both sides even."""
    tiles = [_fitted(view, widest) for view in views.values()]
    height, width = tiles[0].shape[:2]
    cell_y, cell_x = -(-(height + _GAP) // 2) * 2, -(-(width + _GAP) // 2) * 2
    rows, columns = rows_and_columns(len(tiles))
    last_y, last_x = -(-height // 2) * 2, -(-width // 2) * 2
    strip = np.full(((rows - 1) * cell_y + last_y, (columns - 1) * cell_x + last_x, 3), _GROUND, np.uint8)
    for number, tile in enumerate(tiles):
        y, x = number // columns * cell_y, number % columns * cell_x
        strip[y : y + height, x : x + width] = tile
    return strip


def rows_and_columns(views: int) -> tuple[int, int]:
    """At most three abreast, and four in a square."""
    columns = 2 if views == 4 else min(3, views)
    return -(-views // columns), columns


def _jpeg(picture: Picture) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"


def static(name: str) -> str:
    """A page's template, style or script."""
    return (resources("cleanplate.worlds") / "static" / name).read_text(encoding="utf-8")


def policy(style: str, script: str, *, connect: bool = False) -> str:
    """Nothing may be fetched but the videos beside the page; nothing runs but this script.

    Args:
        connect: the script may speak with the server that the page comes from.
    """
    digests: Mapping[str, str] = {
        name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for name, text in (("script", script), ("style", style))
    }
    return (
        f"default-src 'none'; script-src 'sha256-{digests['script']}'; style-src 'sha256-{digests['style']}'; "
        "img-src data:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
        + ("; connect-src 'self'" if connect else "")
    )
