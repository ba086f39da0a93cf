"""Which seeds are for whom: the evaluation sets have theirs, and nothing else may be made from them."""

from __future__ import annotations

from cleanplate.errors import UsageError

RESERVED = 2_000_000_000
"""From this seed on, samples are for evaluation alone."""


def require_free(seed: int, count: int) -> None:
    """Raises UsageError when `count` seeds from `seed` on would reach those of the evaluation sets."""
    if seed + count > RESERVED:
        raise UsageError(
            f"seeds from {RESERVED} on are kept for the evaluation sets",
            remedy=f"Use a --seed below {RESERVED - count}; `cleanplate worlds evaluation` makes the sets themselves.",
        )
