"""``python -m cleanplate``: the command line, for launchers that start modules."""

from cleanplate.cli.main import run

run()
