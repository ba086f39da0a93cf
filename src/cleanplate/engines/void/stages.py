"""Names of the stages in which a removal is drawn."""

from __future__ import annotations

TELL, LAY = "tell", "lay"


def sampling(number: int) -> str:
    """Of the pass of that number."""
    return f"sample {number}"


def decoding(number: int) -> str:
    """Of the pass of that number."""
    return f"decode {number}"
