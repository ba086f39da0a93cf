"""``cleanplate worlds``: simulated data, and looking after data of any origin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.errors import InputError
from cleanplate.worlds.findings import ValidationReport

worlds = typer.Typer(
    name="worlds",
    help="Make simulated data; inspect and validate data sets.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Data = Annotated[Path, typer.Argument(help="A data set: samples' folders, JSON Lines, or shards.")]


@worlds.command()
def inspect(
    folder: Data,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The page. Default: inspect.html in DIR.")] = None,
    limit: Annotated[int | None, typer.Option(help="Show so many samples at most.", min=1)] = None,
    json: o.Json = False,
) -> None:
    """Write a page that plays every sample: pairs, masks and layers side by side."""
    from cleanplate.worlds.inspect import inspect as run

    screen = Screen(as_json=json)
    with guarded(screen):
        page = run(folder, out, limit=limit, progress=screen.progress())
        screen.result({"page": str(page)}, [(f"Page  {page}", "bold")])


@worlds.command()
def validate(folder: Data, json: o.Json = False) -> None:
    """Decode and check every clip of a data set; list what is wrong by file."""
    from cleanplate.worlds.validate import validate as run

    screen = Screen(as_json=json)
    with guarded(screen):
        report = run(folder, progress=screen.progress())
        document = report.model_dump(mode="json") | {"valid": report.valid, "counts": report.counts}
        screen.result(document, _lines(report))
        if not report.valid:
            raise typer.Exit(InputError.exit_code)


@worlds.command()
def pack(
    folder: Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the shards; whole ones are kept.")],
    per_shard: Annotated[int, typer.Option("--per-shard", help="Samples a shard.", min=1)] = 64,
    json: o.Json = False,
) -> None:
    """Pack a data set into WebDataset's tar files, with an index, for training at scale."""
    from cleanplate.worlds.pack import pack as run

    screen = Screen(as_json=json)
    with guarded(screen):
        index = run(folder, out, per_shard=per_shard, progress=screen.progress())
        samples = sum(len(shard.samples) for shard in index.shards)
        document = {"out": str(out), "shards": len(index.shards), "samples": samples}
        screen.result(document, [(f"{samples} samples in {len(index.shards)} shards under {out}", "bold green")])


def _lines(report: ValidationReport) -> list[tuple[str, str]]:
    lines = [(f"{found.file}: {found.fault}: {found.what}", "") for found in report.findings]
    looked_at = f"{report.samples} samples, {report.clips} clips"
    if report.composites_checked:
        looked_at += f", {report.composites_checked} composites computed again"
    if report.valid:
        return [(f"Nothing is wrong: {looked_at}.", "bold green")]
    counts = ", ".join(f"{count} x {fault}" for fault, count in report.counts.items())
    return [*lines, ("", ""), (f"{looked_at}. Wrong: {counts}.", "bold red")]
