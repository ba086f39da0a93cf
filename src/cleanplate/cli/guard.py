"""From exceptions to exit codes; `cleanplate.errors` holds them, and 130 is an interruption."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cleanplate.cli.console import Screen
from cleanplate.cli.stopping import stoppable
from cleanplate.errors import CleanplateError
from cleanplate.pipeline.workshop import Abandoned

INTERRUPTED = 130


@contextmanager
def guarded(screen: Screen) -> Iterator[None]:
    """Run a command's body; known errors become one message and an exit code, a stop leaves what can be resumed."""
    try:
        with stoppable():
            yield
    except CleanplateError as error:
        screen.error(error)
        raise typer.Exit(error.exit_code) from None
    except Abandoned:
        raise typer.Exit from None
    except KeyboardInterrupt:
        screen.warn("Interrupted. Run the same command again to go on from here.")
        raise typer.Exit(INTERRUPTED) from None
