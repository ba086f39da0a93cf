"""`write_report`: report.html, whole in one file when the shot is short, with its video beside it when it is long."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from cleanplate import __version__
from cleanplate.errors import PackageError
from cleanplate.files import disk_errors, write_text
from cleanplate.progress import Progress, Silent
from cleanplate.report.closeup import Box, upright_shares, window_around
from cleanplate.report.data import ReportData
from cleanplate.report.page import Page, Player, render
from cleanplate.report.sheet import Sheet
from cleanplate.report.spans import Extent, shown_spans
from cleanplate.report.survey import Look, Survey, survey
from cleanplate.report.words import duration, number, percent, size

EMBED_BELOW = 12_000_000
"""Bytes up to which the video goes into the page."""
FOLDER, PROXY = "report", "views.mp4"
_PREVIEW = "Research preview"


def write_report(
    data: ReportData,
    out: Path,
    progress: Progress | None = None,
    *,
    extent: Extent | None = None,
    embed_below: int = EMBED_BELOW,
) -> Path:
    """Write the page of a shot; the same data gives the same bytes.

    Args:
        out: the page itself, such as ``shot/report.html``; a long shot's video goes to ``report/`` beside it.
        extent: how much of a long clip is shown.
        embed_below: bytes up to which the video is put into the page.
    Returns:
        `out`.
    Raises:
        PackageError: plate and composite are not of one length and size.
        ResourceError: the disk does not take it.
    """
    plate, composite = data.plate.info, data.composite.info
    if (len(plate), plate.height, plate.width) != (len(composite), composite.height, composite.width):
        raise PackageError(
            "plate and composite differ in length or size",
            where=str(composite.path),
            remedy="The package is not whole, or the plate is another one.",
        )
    look = _look(data, extent)
    with disk_errors(out.parent), TemporaryDirectory(dir=out.parent, prefix=".report-") as scratch:
        proxy = Path(scratch) / PROXY
        found = survey(data, look, proxy, progress or Silent())
        media = _media(proxy, out.parent / FOLDER, embed_below)
        write_text(out, render(_page(data, look, found, media)))
    return out


def _look(data: ReportData, extent: Extent | None) -> Look:
    """The sheet, the frames to show, and the mean frames a second: the nominal rate where the times agree with it."""
    info = data.plate.info
    rate = info.rate if info.is_constant_rate else (len(info) / info.duration).limit_denominator(1001)
    spans = shown_spans(list(data.layer.frames), len(info), float(rate), extent)
    window = window_around(_boxes(data, spans), info.height, info.width)
    sheet = Sheet.of(info.height, info.width, info.sample_aspect, info.rotation, zooms=window is not None)
    return Look(sheet, spans, rate, window)


def _boxes(data: ReportData, spans: tuple[tuple[int, int], ...]) -> list[Box]:
    """Where the layer is on each shown frame that it touches."""
    frames = (n for start, stop in spans for n in range(start, stop))
    return [box for n in frames if (box := data.layer.box(n)) is not None]


def _wipe(data: ReportData, frame: int) -> float:
    """Through the middle of the edit on a frame, though not at the very edge."""
    info, box = data.plate.info, data.layer.box(frame)
    if box is None:
        return 0.5
    x, _, width, _ = upright_shares(box, info.height, info.width, info.rotation)
    return min(0.9, max(0.1, x + width / 2))


def _media(proxy: Path, folder: Path, embed_below: int) -> bytes | str:
    """The video's bytes when they are few; when they are many it moves to the folder, and this is its address."""
    if proxy.stat().st_size <= embed_below:
        (folder / PROXY).unlink(missing_ok=True)
        return proxy.read_bytes()
    folder.mkdir(exist_ok=True)
    proxy.replace(folder / PROXY)
    return f"{FOLDER}/{PROXY}"


def _page(data: ReportData, look: Look, found: Survey, media: bytes | str) -> Page:
    info = data.plate.info
    player = Player(
        sheet=look.sheet,
        shown=look.spans,
        frames=len(info),
        rate=float(look.rate),
        seconds=tuple(float(info.seconds(n)) for n in look.frames),
        areas=found.areas,
        window=upright_shares(look.window, info.height, info.width, info.rotation) if look.window else None,
        wipe=_wipe(data, look.frames[found.opening]),
        opening=found.opening,
        views=found.views,
        media=media,
    )
    return Page(
        title=data.title,
        chips=_chips(data),
        player=player,
        proof=data.proof,
        quadmask=data.quadmask is not None,
        often=found.often,
        much=found.much,
        reasoning=data.reasoning,
        stages=data.stages,
        peak_memory=data.peak_memory,
        warnings=data.warnings,
        notes=data.notes,
        figures=_figures(data, found),
        facts=tuple(data.facts.items()),
        morph=data.morph,
        makers=found.makers,
        footer=f"Written by cleanplate {__version__}. These pictures are small proxies; "
        "the truth lies in the package's composite and layer.",
    )


def _chips(data: ReportData) -> tuple[str, ...]:
    info = data.plate.info
    width, height = info.display_size
    steady = f"{float(info.rate):.6g} fps" if info.is_constant_rate else "varying rate"
    preview = (_PREVIEW,) if data.preview else ()
    return *preview, f"{width} × {height}", steady, f"{number(len(info))} frames", info.codec, info.format.name


def _figures(data: ReportData, found: Survey) -> tuple[tuple[str, str], ...]:
    rows = [
        ("Frames touched", f"{number(len(data.layer.frames))} of {number(len(data.plate))}"),
        ("Area touched, mean", percent(sum(found.areas) / len(found.areas))),
        ("Area touched, at most", percent(max(found.areas))),
        ("Length", duration(float(data.plate.info.duration))),
    ]
    if data.stages:
        rows.append(("Time", duration(sum(stage.seconds for stage in data.stages))))
    if data.peak_memory is not None:
        rows.append(("Peak memory", size(data.peak_memory)))
    return tuple(rows)
