"""`inspect`: a page that plays every sample of a data set, its views side by side. It opens offline."""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Template

from cleanplate.files import disk_errors, write_text
from cleanplate.progress import Progress, Silent
from cleanplate.report.words import element, joined, safe
from cleanplate.worlds.cards import cards
from cleanplate.worlds.findings import Layout
from cleanplate.worlds.shown import Shown, policy, show, stage, static
from cleanplate.worlds.validate import layout_of

PAGE = "inspect.html"
_LEGEND = (("Removed", "remove"), ("Affected", "affected"), ("Both", "overlap"))


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
            shown.append(show(card, media / f"{number:05d}.mp4"))
            tick()
        write_text(page, _page(folder.resolve().name, layout, shown))
    return page


def _page(title: str, layout: Layout, shown: list[Shown]) -> str:
    style, script, template = (static(name) for name in ("inspect.css", "inspect.js", "inspect.html"))
    families = sorted({value for one in shown for name, value in one.card.facts if name in ("Family", "Edit")})
    options = (element("option", safe(family), value=family) for family in families)
    legend = (element("li", f"<i></i>{word}", class_=kind) for word, kind in _LEGEND)
    return Template(template).substitute(
        policy=policy(style, script),
        title=safe(title),
        style=style,
        script=script,
        count=f"{len(shown)} samples" if len(shown) != 1 else "1 sample",
        layout={Layout.VOID: "counterfactual pairs", Layout.VERA: "layered clips", Layout.SHARDS: "shards"}[layout],
        families=joined(options),
        legend=joined(legend) if any("Quadmask" in one.labels for one in shown) else "",
        cards=joined(map(_card, shown)),
    )


def _card(shown: Shown) -> str:
    card = shown.card
    facts = joined(f"<dt>{safe(name)}</dt><dd>{safe(value)}</dd>" for name, value in card.facts)
    frames = f"{shown.frames} frames, {card.rate:g} fps" if shown.frames else ""
    head = element("h2", safe(card.name)) + element("p", safe(frames), class_="frames")
    sentence = element("p", safe(card.sentence), class_="sentence") if card.sentence else ""
    trouble = element("p", safe(shown.trouble[:1].upper() + shown.trouble[1:]), class_="trouble", role="alert")
    more = element("details", f"<summary>Facts</summary><dl>{facts}</dl>") if facts else ""
    body = joined([head, sentence, trouble if shown.trouble else "", more])
    kind = next((value for name, value in card.facts if name in ("Family", "Edit")), "")
    return element("article", stage(shown) + element("div", body, class_="words"), data_kind=kind)
