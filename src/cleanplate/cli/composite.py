"""``cleanplate composite``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import show_package


def composite(
    shot: Annotated[Path, typer.Argument(help="The folder of a shot, its layer perhaps edited.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the new shot.")],
    source: Annotated[Path | None, typer.Option(help="Where the plate lies now, if it has moved.")] = None,
    refine_matte: Annotated[bool, typer.Option(help="Fit the matte's edge to the plate's edges.")] = False,
    chroma_safe: o.ChromaSafe = False,
    export: o.Export = None,
    json: o.Json = False,
) -> None:
    """Build a shot again from its stored layer and matte, into a new folder; nothing is generated."""
    from cleanplate.pipeline.rebuild import rebuild
    from cleanplate.pipeline.rematte import MatteChange

    screen = Screen(as_json=json)
    with guarded(screen):
        package = rebuild(
            shot,
            out,
            source=source,
            change=MatteChange(refine=refine_matte, chroma_safe=chroma_safe),
            exports=tuple(export or ()),
            progress=screen.progress(),
        )
        show_package(screen, package)
