"""Whether a layer shows what an instruction asks for: kind, colour, place and direction, read off by rule.

What outlines and places are called was calibrated on true layers of training seeds (`bench/reader_fit.py`). What share
of true layers it reads rightly stands in docs/reference/metrics.md, and is printed beside every result.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.metrics.shapes import Alpha, Picture, Piece, pieces
from cleanplate.metrics.words import Asked

_LIKELY, _LIKELY_KINDS = 2, 3
"""So many of the likeliest words are let pass; there are ten colours and ten scenes, but twenty kinds."""
_SHARE = 0.2
"""Of a thing's pixels: a colour that so many have is one of its colours."""
_SLACK = 0.06
"""Shares of the frame: outlines have their middle a little elsewhere than things."""
_STILL, _QUICK = 0.03, 0.35
"""Shares of the frame's width over the clip, as `worlds.layered.wording` has them."""
_COVERED = 0.1
"""Of the frame: a layer that covers less is no place."""
_CELLS = 4
WORDS = ("kind", "colour", "place", "direction", "scene")


@dataclass(frozen=True)
class Names:
    """Linear scores of names from a description.

    Attributes:
        weights: (D + 1) x names; the last row is added.
        mean, scale: D, of what descriptions were at calibration.
    """

    names: tuple[str, ...]
    weights: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """From JSON."""
        return cls(tuple(stored["names"]), *(np.array(stored[name]) for name in ("weights", "mean", "scale")))

    def likeliest(self, description: NDArray[np.float32]) -> list[str]:
        """All names, the likeliest first."""
        scores = (description - self.mean) / self.scale @ self.weights[:-1] + self.weights[-1]
        return [self.names[place] for place in np.argsort(-scores)]


@cache
def reader() -> dict[str, Names]:
    """``kind`` and ``scene``."""
    text = (resources.files("cleanplate.metrics") / "reader.json").read_text(encoding="utf-8")
    return {name: Names.of(stored) for name, stored in json.loads(text).items()}


def complies(
    edit: NDArray[np.uint8], alpha: NDArray[np.float32], asked: Asked, *, apart: bool = True
) -> dict[str, bool]:
    """Whether each word that can be judged is right, by its name.

    Args:
        edit: T x H x W x 3, straight.
        alpha: T x H x W in 0..1.
        apart: all things are seen apart from each other in the true layer; otherwise kinds are not judged.
    """
    if asked.scene:
        likely = reader()["scene"].likeliest(panorama(edit[0], alpha[0]))[:_LIKELY]
        return {"scene": asked.scene in likely and float((alpha[0] > 0.5).mean()) >= _COVERED}
    shown = [found for frame in range(len(edit)) if (found := pieces(edit[frame], alpha[frame]))]
    judged = [word for word in WORDS[:4] if apart or word != "kind"]
    if not shown:
        return dict.fromkeys(judged, False)
    first, last = (found[:1] if len(asked.nouns) == 1 else found for found in (shown[0], shown[-1]))
    answers = {
        "kind": _kinds(first, asked),
        "colour": all(any(_coloured(piece, noun.colour) for piece in first) for noun in asked.nouns),
        "place": any(
            _near(piece.x, (0.4, 0.6), asked.across) and _near(piece.y, (0.35, 0.65), asked.down) for piece in first
        ),
        "direction": any(_goes(a, b, asked) for a in first for b in last if _alike(a, b)),
    }
    return {word: answers[word] for word in judged}


def panorama(edit: Picture, alpha: Alpha) -> NDArray[np.float32]:
    """A place as its layer shows it: colours and detail by cell of a grid, without what the hole hides."""
    lab = cv2.cvtColor(edit.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    steep = [np.abs(cv2.Sobel(lab[..., 0], cv2.CV_32F, *way)) for way in ((1, 0), (0, 1))]
    there = (alpha > 0.5).astype(np.float32)
    tracks = np.dstack([lab, *steep]) * there[..., None]
    share = cv2.resize(there, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)[..., None]
    cells = cv2.resize(tracks, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    overall = cells.sum(axis=(0, 1)) / max(float(share.sum()), 1e-6)
    return np.asarray(np.where(share > 0.1, cells / np.maximum(share, 0.1), overall).ravel(), np.float32)


def _kinds(found: Sequence[Piece], asked: Asked) -> bool:
    likely = [set(reader()["kind"].likeliest(piece.outline)[:_LIKELY_KINDS]) for piece in found]
    return all(any(noun.kind in names for names in likely) for noun in asked.nouns)


def _coloured(piece: Piece, colour: str) -> bool:
    order = sorted(piece.colours, key=lambda name: -piece.colours[name])
    return colour in order[:_LIKELY] or piece.colours[colour] >= _SHARE


def _near(value: float, bounds: tuple[float, float], word: int) -> bool:
    """Whether a share of the frame is below, between or above bounds, as -1, 0 or 1 says."""
    low, high = (-np.inf, *bounds)[word + 1] - _SLACK, (*bounds, np.inf)[word + 1] + _SLACK
    return bool(low <= value <= high)


def _goes(a: Piece, b: Piece, asked: Asked) -> bool:
    moves = b.x - a.x
    if asked.way == 0:
        return abs(moves) < _STILL + _SLACK
    slow, quick = abs(moves) <= _QUICK + _SLACK, abs(moves) >= _QUICK - _SLACK
    return moves * asked.way > 0 and (quick if asked.quick else slow)


def _alike(a: Piece, b: Piece) -> bool:
    """The same main colour, or one of the other's."""
    main = max(a.colours, key=lambda name: a.colours[name])
    return b.colours[main] >= _SHARE
