"""Instructions at the door: what is refused, and what is said of one that is too long."""

from __future__ import annotations

from collections.abc import Sequence

from cleanplate.errors import UsageError
from cleanplate.models.text.protocol import Cut

_QUOTED = 120


def required(text: str) -> str:
    """The instruction without the space round it. Raises UsageError for an empty one."""
    if not (stripped := text.strip()):
        raise UsageError("the instruction is empty", remedy="Say what to add, or what the background shall be.")
    return stripped


def warnings(cuts: Sequence[Cut | None]) -> list[str]:
    """A sentence for every text that was not read to its end, with what was left out."""
    return [_warning(cut) for cut in cuts if cut is not None]


def _warning(cut: Cut) -> str:
    words = len(cut.text.split())
    quoted = cut.text if len(cut.text) <= _QUOTED else f"{cut.text[:_QUOTED].rstrip()}..."
    return f"the instruction is too long: its last {words} words ({cut.tokens} tokens) are left out: '{quoted}'"
