"""The cards of shipped models into the documentation.

    python bench/model_cards.py        writes docs/reference/model-cards.md anew between its marks

A model's part stands between `<!-- card: NAME -->` and `<!-- end -->`, and is made of the card.json beside its weights;
what stands around it is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cleanplate.errors import InputError
from cleanplate.files import write_text
from cleanplate.models.catalogue import shipped

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "model-cards.md"
_PART = re.compile(r"(<!-- card: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_LEARNING = 3
"""Times as many operations as answering, about: forward, and back to inputs and weights."""
_KINDS = {"pairs": "pairs of worlds", "stock": "stock"}
"""What a recipe calls its data, and what these are."""


def refreshed(page: str, cards: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the cards as they are; a model that has none is said not to be there.

    Raises:
        InputError: the page has no place for one of them.
    """
    places = {found[2] for found in _PART.finditer(page)}
    if missing := sorted(set(cards) - places):
        remedy = f"Write <!-- card: {missing[0]} --> and <!-- end --> where it belongs."
        raise InputError(f"the page has no place for {missing[0]}", where=str(PAGE), remedy=remedy)
    return _PART.sub(lambda found: found[1] + part(cards.get(found[2])) + found[3], page)


def part(card: Mapping[str, Any] | None) -> str:
    """What is told of one model."""
    if not card:
        return "\nThis package brings no weights of it yet.\n\n"
    facts = {
        "trained by": f"`{card['command']}`",
        "version": card["version"],
        "seed, steps": f"{card['seed']}, {card['steps']:,}",
        "weights": f"{card['parameters']:,}, {2 * card['parameters'] / 1e6:.1f} MB in 16 bits",
        **_cost(card),
        **({"went on from weights of SHA-256": f"`{card['start']}`"} if card.get("start") else {}),
        **_data(card["recipe"]),
        "SHA-256": f"`{card['sha256']}`",
    }
    scores = {name.removeprefix("sampled "): value for name, value in card["scores"].items() if name != "step"}
    return (
        "\n| | |\n|---|---|\n"
        + "".join(f"| {name} | {value} |\n" for name, value in facts.items())
        + f"\nOn clips that were held back, after step {card['scores']['step']:,}:\n\n| figure | mean |\n|---|---|\n"
        + "".join(f"| {name} | {value:.3f} |\n" for name, value in scores.items())
        + "\n"
    )


def _cost(card: Mapping[str, Any]) -> dict[str, str]:
    """Of what has no transformer it is told in what it saw; nobody counts the operations."""
    if seen := [name for name in ("pictures", "additions") if name in card]:
        return {name: f"{card[name]:,}" for name in seen}
    return {
        "lessons": f"{card['lessons']:,}",
        "to answer about a training clip once": f"{card['operations'] / 1e9:.2f} GFLOP",
        "all of the training, at most about": f"{_LEARNING * card['operations'] * card['lessons']:.1e} FLOP",
    }


def _data(recipe: Mapping[str, Any]) -> dict[str, str]:
    """What was learned from; all families where none is named."""
    return {
        f"{words} made": ", ".join(
            f"{name} {' '.join(value) if isinstance(value, list) else f'{value:,}'}"
            for name, value in recipe[kind].items()
            if name != "workers" and value != []
        )
        for kind, words in _KINDS.items()
        if kind in recipe
    }


def main() -> None:
    """Write the page."""
    cards = {name: shipped.card_of(shipped.folder_of(name)) for name in (*shipped.SHIPPED, *shipped.PARTS)}
    write_text(PAGE, refreshed(PAGE.read_text(encoding="utf-8"), cards))


if __name__ == "__main__":
    main()
