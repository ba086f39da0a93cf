"""The table of storage formats in the documentation is the one in the code. Run as a program, this writes it."""

from __future__ import annotations

import re
from collections import defaultdict

from doc_pages import ROOT

from cleanplate.media.formats import PACKINGS

PAGE = ROOT / "docs/reference/formats.md"
_START = "<!-- storage table: tests/docs/test_docs_formats.py writes and checks it -->\n"
_END = "<!-- end of storage table -->"


def storage_table() -> str:
    """One row for each storage format, with every source format that it holds."""
    held: dict[str, set[str]] = defaultdict(set)
    for name, row in PACKINGS.items():
        held[_short(row.storage)].add(_short(name))
    rows = [f"| `{storage}` | {', '.join(f'`{n}`' for n in sorted(held[storage]))} |" for storage in sorted(held)]
    return "\n".join(["| stored as | read from |", "|---|---|", *rows]) + "\n"


def _short(name: str) -> str:
    return re.sub(r"(\d|msb|x)[lb]e$", r"\1", name)


def test_the_table_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8").split(_START)[1].split(_END)[0] == storage_table()


if __name__ == "__main__":
    before, rest = PAGE.read_text(encoding="utf-8").split(_START)
    PAGE.write_text(before + _START + storage_table() + _END + rest.split(_END)[1], encoding="utf-8")
