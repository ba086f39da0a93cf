"""One self-contained HTML file from plain parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

import cv2

from cleanplate.edit.proof import Proof
from cleanplate.masks.reasoning import Reasoning
from cleanplate.report import sections
from cleanplate.report.closeup import Shares
from cleanplate.report.data import StageTime
from cleanplate.report.heat import HeatMap, scale_colours
from cleanplate.report.makers import Makers
from cleanplate.report.morph import MorphFindings, morph_panel
from cleanplate.report.sheet import DIFFERENCE_GAIN, Picture, Sheet
from cleanplate.report.words import element, joined, percent, safe, script_json


@dataclass(frozen=True)
class Player:
    """What the player needs to know.

    Attributes:
        shown: half-open runs of plate frames, in the order of the video.
        frames: length of the plate.
        rate: of the video, frames per second.
        seconds, areas: per shown frame, its time in the plate and its touched share.
        window: where to zoom to, or None.
        wipe: where the wipe stands at first, 0..1 from the left: through the edit.
        opening: the frame of the video on which the page opens.
        views: the views that the video holds.
        media: the video itself, or where it lies, relative to the page.
    """

    sheet: Sheet
    shown: tuple[tuple[int, int], ...]
    frames: int
    rate: float
    seconds: tuple[float, ...]
    areas: tuple[float, ...]
    window: Shares | None
    wipe: float
    opening: int
    views: frozenset[str]
    media: bytes | str


@dataclass(frozen=True)
class Page:
    """Everything on the page, in the order in which it stands there."""

    title: str
    chips: tuple[str, ...]
    player: Player
    proof: Proof | None
    quadmask: bool
    often: HeatMap
    much: HeatMap
    reasoning: Reasoning | None
    stages: tuple[StageTime, ...]
    peak_memory: int | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    footer: str
    morph: MorphFindings | None = None
    makers: Makers | None = None


def render(page: Page) -> str:
    """The whole document."""
    style, script, template = (_static(name) for name in ("report.css", "report.js", "report.html"))
    player = page.player
    region = "Quadmask" if page.quadmask else "Region"
    return Template(template).substitute(
        policy=_policy(style, script),
        title=safe(page.title),
        style=style,
        script=script,
        chips=joined(element("li", safe(chip)) for chip in page.chips),
        badge=sections.badge(page.proof),
        alarm=sections.alarm(page.proof),
        region_name=region,
        legend=sections.legend(quadmask=page.quadmask),
        proof=sections.proof(page.proof),
        figures=sections.figures(page.figures),
        heat=_heat(page),
        reasoning=sections.reasoning(page.reasoning),
        morph=morph_panel(page.morph),
        timings=sections.timings(page.stages, page.peak_memory),
        remarks=sections.remarks(page.warnings, page.notes),
        facts=sections.facts(page.facts),
        footer=safe(page.footer),
        payload=script_json(_payload(page, region)),
        media=base64.b64encode(player.media).decode("ascii") if isinstance(player.media, bytes) else "",
    )


def _static(name: str) -> str:
    return (files("cleanplate.report") / "static" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing may be fetched but pictures inside the page and the video beside it; nothing runs but this script."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")

    return (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; style-src 'sha256-{digest(style)}'; "
        "img-src data:; media-src 'self' blob: file:; base-uri 'none'; form-action 'none'"
    )


def _payload(page: Page, region: str) -> Mapping[str, Any]:
    player, reasoning, boxes = page.player, page.reasoning, page.player.sheet.boxes
    return {
        "tiles": {name: boxes[name] for name in boxes if name in player.views},
        "shown": player.shown,
        "frames": player.frames,
        "rate": player.rate,
        "seconds": [round(s, 4) for s in player.seconds],
        "areas": [round(a, 7) for a in player.areas],
        "window": player.window,
        "wipe": player.wipe,
        "opening": player.opening,
        "file": player.media if isinstance(player.media, str) else None,
        "gain": DIFFERENCE_GAIN,
        "regionName": region,
        "makers": None if page.makers is None else page.makers.payload,
        "things": [] if reasoning is None else _lanes(reasoning),
    }


def _lanes(reasoning: Reasoning) -> Sequence[Mapping[str, Any]]:
    return [
        {"name": thing.name, "kind": thing.kind.value, "onset": thing.onset, "end": thing.end}
        for thing in reasoning.affected
    ]


def _heat(page: Page) -> str:
    shown = sum(stop - start for start, stop in page.player.shown)
    every = shown == page.player.frames
    scope = (
        f"Over all {shown} frames."
        if every
        else f"Over the {shown} frames of {page.player.frames} that this page shows."
    )
    codes = f"{page.much.peak:.0f}" if page.much.peak >= 10 else f"{page.much.peak:.1f}"
    maps = [
        (
            _jpeg(page.often.picture),
            "How often",
            "share of frames on which a pixel was touched",
            percent(page.often.peak),
        ),
        (_jpeg(page.much.picture), "How much", "mean change where touched, in 8-bit codes", codes),
    ]
    return sections.heat_panel(maps, _png(scale_colours()[None]), scope)


def _jpeg(picture: Picture) -> str:
    return _encoded(picture, ".jpg", "image/jpeg", [cv2.IMWRITE_JPEG_QUALITY, 88])


def _png(picture: Picture) -> str:
    return _encoded(picture, ".png", "image/png", [])


def _encoded(picture: Picture, suffix: str, kind: str, options: Sequence[int]) -> str:
    """A picture as a data: address."""
    written, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    if not written:
        raise ValueError(f"no {suffix} encoder")
    return f"data:{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
