"""The command line as its user calls it, within this process or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner, Result

from cleanplate.cli.main import app
from cleanplate.cli.pointing import scoped

PROGRAM = (sys.executable, "-c", "from cleanplate.cli.main import run; run()")


def cli(*arguments: object) -> Result:
    """Run one command in this process."""
    return CliRunner().invoke(app, scoped([str(a) for a in arguments]))


def process(folder: Path, *arguments: object, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run one command as a process of its own, standing in `folder`; `before` is a program that runs it."""
    return subprocess.run(
        [*before, *PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        timeout=300,
        check=False,
    )


def followed_in(plate: Path, *pointed: object) -> Path:
    """A folder beside the plate with the object's track, so that it is followed once for all tests."""
    out = plate.parent / "followed"
    assert cli("reason", plate, *pointed, "-o", out).exit_code == 0
    return out


def names_in(folder: Path) -> set[str]:
    """Names of everything below a folder, hidden things too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
