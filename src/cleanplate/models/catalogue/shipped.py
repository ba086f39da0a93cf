"""Small models whose weights this package brings along: rows of the table of models. Read without torch.

A row's weights lie in `models/shipped/NAME` as `cleanplate.train.shipping` writes them: config.json, one file of
safetensors in 16 bits, and card.json, which says how they were trained and how well they do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cleanplate.errors import InputError
from cleanplate.files import sha256

NANO, VERA_NANO = "void-nano", "vera-nano"
"""The embedded removal and the embedded layers, engines by the same names."""
CODEC, PLACER, FINDER = "nano-codec", "nano-placer", "nano-finder"
"""What goes with the latter."""
WEIGHTS, CARD = "model.safetensors", "card.json"
FOLDER = Path(__file__).parents[1] / "shipped"
_DAMAGED = "Install cleanplate again."


@dataclass(frozen=True)
class Shipped:
    """One row.

    Attributes:
        summary: one line for the user.
        sha256: of the file of weights.
        by_itself: `auto` may choose it, where its card's thresholds say that it knows the clip. For that they have to
            tell its worlds from footage, which is measured (`bench/domain.py`).
        licence: an SPDX identifier.
    """

    summary: str
    sha256: str
    by_itself: bool = False
    licence: str = "Apache-2.0"


SHIPPED: Mapping[str, Shipped] = MappingProxyType(
    {
        "void-nano": Shipped(
            "removes things, and moves what they held by the plate's own pixels; trained on simulated worlds",
            "09ba3596a102cad44ada89b1f92c1dc95c25b423222ed8d2240229ab3b745f3f",
        ),
        "vera-nano": Shipped(
            "adds things and changes backgrounds in a few words; trained on made worlds",
            "6d954b71e5524f73649d15bfa3f14d20415d8d1f5958b17599a54cfc937d7ae8",
        ),
    }
)

PARTS: Mapping[str, Shipped] = MappingProxyType(
    {
        CODEC: Shipped(
            "the autoencoder of vera-nano; trained on made worlds",
            "eaa9ff43615e36e97aa1d08cd6e306f227431a3632e80aec10c4aa27f001dd8d",
        ),
        PLACER: Shipped(
            "where vera-nano's additions go, and how large they are; trained on made worlds",
            "77cf9bb2c5c86b82342eb3120efb4beeeb10a55ab5130e5cc0ee55e6ea49319c",
        ),
        FINDER: Shipped(
            "finds the things that vera-nano keeps before another background; trained on made worlds",
            "a704a692339331b976accf41a3fdc7e80ebfaf873a92e69d13549cba6b0ff6a1",
        ),
    }
)
"""What models need that are rows."""


def folder_of(name: str) -> Path:
    """Where the weights of a row or part lie, which are what the table says. Raises InputError where they are not."""
    _require_whole(FOLDER / name / WEIGHTS, _row(name).sha256)
    return FOLDER / name


def stated(path: Path) -> str | None:
    """The SHA-256 that the table states for a file of weights of the package; None for any other file."""
    row = SHIPPED.get(path.parent.name) or PARTS.get(path.parent.name)
    return row.sha256 if row is not None and path == FOLDER / path.parent.name / WEIGHTS else None


def row(name: str) -> dict[str, Any]:
    """The same words as of any other model."""
    return {
        "summary": SHIPPED[name].summary,
        "stated_billions": None,
        "weights": "in the package",
        "starts_from": None,
        "licence": SHIPPED[name].licence,
    }


def card_of(folder: Path) -> dict[str, Any]:
    """What is known of a model's training and worth; empty where no card lies beside it."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def absent(name: str) -> InputError:
    """The error for weights that this package does not bring."""
    return InputError(
        f"this package brings no weights of '{name}'",
        remedy="Train them with `cleanplate train void --config nano --out RUN`, and name RUN/model with --weights.",
    )


def _row(name: str) -> Shipped:
    return SHIPPED[name] if name in SHIPPED else PARTS[name]


@cache
def _require_whole(path: Path, digest: str) -> None:
    if not path.is_file() or sha256(path) != digest:
        raise InputError("these weights are not those that the package came with", where=str(path), remedy=_DAMAGED)
