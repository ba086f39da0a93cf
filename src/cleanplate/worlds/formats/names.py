"""Names of samples, which become names of files."""

from __future__ import annotations

import re

from cleanplate.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


def require_name(name: str) -> str:
    """The name itself. Raises InputError when it has anything but letters, digits, ``-`` and ``_``."""
    if not _NAME.fullmatch(name):
        raise InputError(f"'{name}' is no name of a sample", remedy="Letters, digits, - and _ only, please.")
    return name
