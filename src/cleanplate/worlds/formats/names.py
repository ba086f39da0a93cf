"""Names of samples, which become names of files."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


def require_name(name: str) -> str:
    """The name itself. Raises ValueError when it has anything but letters, digits, ``-`` and ``_``."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name of a sample: letters, digits, - and _ only")
    return name
