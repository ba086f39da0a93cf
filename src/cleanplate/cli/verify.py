"""``cleanplate verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import proof_document, proof_lines
from cleanplate.errors import ProofError


def verify(
    shot: Annotated[Path, typer.Argument(help="The folder of a shot.")],
    source: Annotated[Path | None, typer.Option(help="Where the plate lies now, if it has moved.")] = None,
    json: o.Json = False,
) -> None:
    """Prove a shot anew: read plate and composite again and compare every sample, time, tag and copied stream."""
    from cleanplate.edit.package import ShotPackage
    from cleanplate.edit.verify import verify as run

    screen = Screen(as_json=json)
    with guarded(screen):
        proof = run(ShotPackage.open(shot), source=source, progress=screen.progress())
        screen.result(proof_document(proof), proof_lines(proof))
        if not proof.passed:
            raise typer.Exit(ProofError.exit_code)
