"""``cleanplate worlds harvest``, ``review`` and ``accept``: layers from real footage, as far as a person says yes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.pointing import plain
from cleanplate.cli.worlds_make import Lossy, Workers, show_summary, worlds
from cleanplate.errors import InputError
from cleanplate.masks.codec import MaskKind

__all__ = ["worlds"]

Harvest = Annotated[Path, typer.Argument(help="A folder that `worlds harvest` wrote.")]


@worlds.command()
def harvest(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the harvest; what is there already is kept.")],
    sources: Annotated[
        list[str] | None, typer.Argument(help="Lists (.jsonl, .csv), or one clip with --noun and what points at it.")
    ] = None,
    noun: Annotated[str | None, typer.Option("--noun", help="What people call the thing: 'red ball'.")] = None,
    click: o.Clicks = None,
    box: o.Boxes = None,
    stroke: o.Strokes = None,
    mask_file: o.MaskFile = None,
    mask_kind: o.Kind = MaskKind.AUTO,
    start: Annotated[str, typer.Option("--start", help="First frame of the clip: frame, seconds or timecode.")] = "0",
    length: Annotated[int, typer.Option("--length", help="Frames a clip, at most.", min=2)] = 49,
    height: Annotated[int, typer.Option("--height", help="Of the layered clips; the width follows.")] = 480,
    grow: Annotated[
        int | None, typer.Option("--grow", help="Pixels of that height to grow the removed region by.", min=0)
    ] = None,
    segmenter: o.Segmenter = "classic",
    weights: o.Weights = None,
    foregrounds: Annotated[
        Path | None,
        typer.Option("--foregrounds", help="Matted clips (fgr/ and pha/, as VideoMatte240K has them), to lay over."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of what foregrounds are laid over.", min=0)] = 0,
    workers: Workers = 1,
    lossy: Lossy = False,
    json: o.Json = False,
) -> None:
    """Cut things out of real clips, with what they cast, as candidates that a person accepts or rejects."""
    from cleanplate.worlds.harvest.review_page import write_page
    from cleanplate.worlds.harvest.run import Asked, run
    from cleanplate.worlds.harvest.wanted import Defaults

    screen = Screen(as_json=json)
    with guarded(screen):
        asked = Asked(
            sources=tuple(sources or ()),
            direct={
                "noun": noun,
                "click": plain(click),
                "box": plain(box),
                "stroke": plain(stroke),
                "mask": str(mask_file.absolute()) if mask_file else None,
                "mask_kind": mask_kind,
                "start": start,
            },
            foregrounds=foregrounds,
            seed=seed,
            defaults=Defaults(height, length, grow, segmenter, weights),
        )
        summary = run(asked, out, workers=workers, lossy=lossy, progress=screen.progress())
        failed = sum(summary.skipped.values())
        if summary.made + summary.kept:
            page = write_page(out, progress=screen.progress())
            screen.note(f"Candidates wait for a verdict: cleanplate worlds review {out}", style="bold")
            show_summary(screen, summary, [str(page)])
        else:
            show_summary(screen, summary, [])
        if failed:
            raise typer.Exit(InputError.exit_code)


@worlds.command()
def review(
    folder: Harvest,
    port: Annotated[int, typer.Option("--port", help="Of the server; 0 takes a free one.", min=0, max=65535)] = 0,
    page_only: Annotated[bool, typer.Option("--page-only", help="Write the page again and serve nothing.")] = False,
    json: o.Json = False,
) -> None:
    """Serve the review page to this machine alone, and write every verdict as it is made; Ctrl-C ends it."""
    from cleanplate.worlds.harvest.review_page import write_page
    from cleanplate.worlds.harvest.review_server import Desk, ReviewServer

    screen = Screen(as_json=json)
    with guarded(screen):
        page = write_page(folder, progress=screen.progress())
        if page_only:
            screen.result({"page": str(page)}, [(f"Page  {page}", "bold")])
            return
        with ReviewServer(Desk.of(folder), port) as server:
            screen.result({"address": server.address}, [(server.address, "bold")])
            screen.note("Ctrl-C when done; the verdicts are kept.")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                screen.note(f"Go on with: cleanplate worlds accept {folder}", style="bold")


@worlds.command()
def accept(
    folder: Harvest,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", help="What the page saved. Default: decisions.json in DIR.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Make the data set hold what was accepted, and nothing that was rejected or not decided on."""
    from cleanplate.worlds.harvest.decisions import DECISIONS, read_decisions
    from cleanplate.worlds.harvest.decisions import accept as run

    screen = Screen(as_json=json)
    with guarded(screen):
        if decisions is not None and not decisions.is_file():
            raise InputError("there is no such file", where=str(decisions))
        done = run(folder, read_decisions(decisions or folder / DECISIONS))
        if done.unknown:
            screen.warn(f"No candidate is called {', '.join(done.unknown)}.")
        lines = [(f"{done.accepted} accepted, {done.rejected} rejected, {done.undecided} undecided", "bold green")]
        lines += [(f"Listed in {path}", "") for path in done.lists]
        counts = {"accepted": done.accepted, "rejected": done.rejected, "undecided": done.undecided}
        screen.result(counts | {"unknown": done.unknown, "lists": done.lists}, lines)
