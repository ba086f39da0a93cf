"""The command line's entry point."""

from __future__ import annotations

import sys

import typer

from cleanplate import __version__
from cleanplate.cli.add import add, background
from cleanplate.cli.composite import composite
from cleanplate.cli.console import Screen
from cleanplate.cli.engines import engines
from cleanplate.cli.info import info
from cleanplate.cli.models import models
from cleanplate.cli.pointing import scoped
from cleanplate.cli.reason import reason
from cleanplate.cli.remove import mask, remove
from cleanplate.cli.train import train
from cleanplate.cli.verify import verify
from cleanplate.cli.worlds_kubric import worlds
from cleanplate.cli.worlds_people import people

app = typer.Typer(
    name="cleanplate",
    help="Video edits as layers over an untouched plate.",
    epilog="Exit codes: 0 done, 1 proof failed, 2 usage, 3 bad input, 4 engine refuses, 5 the machine, 130 stopped.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (remove, add, background, mask, reason, composite, verify, info, engines):
    app.command()(command)
worlds.command()(people)
app.add_typer(worlds)
app.add_typer(models)
app.add_typer(train)


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True)) -> None:
    """Answer --version."""
    if show:
        Screen().result({}, [(__version__, "")])
        raise typer.Exit


def run() -> None:
    """Console script."""
    app(args=scoped(sys.argv[1:]))
