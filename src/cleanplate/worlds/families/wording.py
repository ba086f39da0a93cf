"""How a person asks for things to be removed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ASKS = (
    "Remove {things}.",
    "Take {things} away.",
    "Erase {things} from the video.",
    "Get rid of {things}.",
    "Delete {things} from the scene.",
    "Take out {things}, and let everything else go on as it would without {them}.",
    "Make it look as if {things} had never been there.",
    "I do not want to see {things}; show what would happen without {them}.",
    "Please remove {things} and whatever {they} would have caused.",
)


def removal(nouns: Sequence[str], rng: np.random.Generator) -> str:
    """An instruction to remove the things of these nouns."""
    named = [f"the {noun}" for noun in nouns]
    several = len(named) > 1
    things = f"{', '.join(named[:-1])} and {named[-1]}" if several else named[0]
    plural = several or nouns[0].startswith("person")
    words = {"things": things, "them": "them" if plural else "it", "they": "they" if plural else "it"}
    return _ASKS[int(rng.integers(len(_ASKS)))].format(**words)
