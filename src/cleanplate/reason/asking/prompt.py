"""The words of the question: one text, ours, beside this module, with a version of its own."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from string import Template

_FILE = "prompt.md"
_SECTION = re.compile(r"^# (\w+)\n", re.MULTILINE)


@cache
def _sections() -> dict[str, str]:
    """The text's parts by their headings; "version" is what stands above the first."""
    head, *parts = _SECTION.split(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))
    told = {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return told | {"version": head.partition(":")[2].strip()}


def version() -> int:
    """Of the text; another one may be answered otherwise."""
    return int(_sections()["version"])


def words(section: str, **values: object) -> str:
    """One part of the text, filled in. Raises KeyError for a value that it needs and is not given."""
    return Template(_sections()[section]).substitute({name: str(value) for name, value in values.items()})
