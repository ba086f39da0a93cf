"""``cleanplate worlds kubric-export`` and ``kubric-import``: the same scenes through a real Kubric installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.worlds_harvest import worlds
from cleanplate.cli.worlds_make import Count, Length, Lossy, Seed, Workers, show_summary, size_of

__all__ = ["worlds"]


@worlds.command(name="kubric-export")
def kubric_export(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for Kubric's container; what is there is kept.")],
    families: Annotated[
        list[str] | None, typer.Argument(help="Families of scenes. Default: all of rigid things, by turns.")
    ] = None,
    count: Count = 10,
    seed: Seed = 0,
    size: Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT of the clips.")] = "672x384",
    length: Length = 24,
    samples: Annotated[int, typer.Option("--samples", help="Light paths a pixel, before denoising.", min=1)] = 64,
    json: o.Json = False,
) -> None:
    """Write scenes, assets and a script that Kubric's container simulates and renders, with and without some things."""
    from cleanplate.worlds.families import TRAINING, sample
    from cleanplate.worlds.kubric.export import WORKER, export
    from cleanplate.worlds.pairs import PATIENCE

    screen = Screen(as_json=json)
    with guarded(screen):
        width, height = size_of(size)
        names = [sample(name, 0).family for name in families] if families else list(TRAINING)
        seeds = range(seed, seed + PATIENCE * count)
        scenes = (sample(names[n % len(names)], n).model_copy(update={"frames": length}) for n in seeds)
        with screen.progress().task("Exporting scenes"):
            keys = export(scenes, count, out, look=(height, width, samples))
        lines = [(f"{len(keys)} scenes lie in {out}", "bold green"), (f"Run {WORKER.name} in Kubric's container", "")]
        screen.result({"scenes": keys, "worker": str(out / WORKER.name)}, lines)


@worlds.command(name="kubric-import")
def kubric_import(
    source: Annotated[Path, typer.Argument(help="The folder that was exported and rendered.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the data set; what is there already is kept.")],
    workers: Workers = 1,
    grid: Annotated[bool, typer.Option("--grid", help="Affected areas in whole cells, as in VOID's masks.")] = False,
    extras: Annotated[bool, typer.Option("--extras", help="Also depth and flow.")] = False,
    lossy: Lossy = False,
    json: o.Json = False,
) -> None:
    """Turn what Kubric rendered into pairs in VOID's layout, with quadmasks from truth."""
    from cleanplate.worlds.formats.void_layout import VoidWriter
    from cleanplate.worlds.kubric.importing import jobs_of
    from cleanplate.worlds.produce import produce

    screen = Screen(as_json=json)
    with guarded(screen):
        jobs = jobs_of(source, out, grid=grid, extras=extras, lossy=lossy)
        summary = produce(jobs, workers=workers, progress=screen.progress(), name="pairs of Kubric's")
        places = [str(VoidWriter(out, lossy=lossy).write_list())] if summary.made + summary.kept else []
        show_summary(screen, summary, places)
