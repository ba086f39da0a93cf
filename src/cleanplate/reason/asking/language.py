"""Whether a text is English: by its letters, and by the small words that no English sentence does without."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_SMALL = re.compile(
    r"\b(and|are|at|by|from|into|it|its|nothing|of|off|same|than|that|the|then|there|they|this|to|under|with|without)\b",
    re.IGNORECASE,
)
"""Words that other languages spell alike are not among them."""
_ENOUGH = 9
"""Words from which on one of twelve at least must be small."""
_LATIN = 0.8
"""Share of the letters that are ASCII."""


def is_english(text: str) -> bool:
    """False for other scripts, and for nine words or more that have hardly any of the commonest English ones."""
    letters = [letter for letter in text if letter.isalpha()]
    if letters and sum(letter.isascii() for letter in letters) < _LATIN * len(letters):
        return False
    words = len(_WORD.findall(text))
    return words < _ENOUGH or len(_SMALL.findall(text)) >= words / 12
