"""Plain sentences about what was found: every claim says which frames show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.reason.contact import Contact, Effect

_COLOURS = {
    "black": (20, 20, 20), "grey": (120, 120, 120), "white": (235, 235, 235), "red": (200, 40, 40),
    "orange": (230, 130, 40), "yellow": (230, 210, 60), "green": (60, 150, 60), "blue": (50, 80, 190),
    "purple": (130, 60, 150), "pink": (230, 150, 170), "brown": (110, 75, 50), "beige": (205, 185, 150),
}  # fmt: skip
_DIRECTIONS = ("right", "lower right", "bottom", "lower left", "left", "upper left", "top", "upper right")


_HELD = (
    "The {thing} touches the {cause} and stands on nothing else: it is held by the {cause} or hangs from it. "
    "Without the {cause} it would fall."
)
_WHY = {
    Effect.STOPPED: "The {thing} moves towards the {towards} of the picture until it touches the {cause}; "
    "from frame {frame} on it is stopped or turned aside. Without the {cause} it would go on.",
    Effect.STRUCK: "The {thing} moves towards the {towards} of the picture until it hits the {cause}; "
    "from frame {frame} on it goes another way. Without the {cause} it would go on.",
    Effect.PUSHED: "The {thing} is at rest until the {cause} touches it; from frame {frame} on it moves or gives way. "
    "Without the {cause} it would have stayed as it was.",
    Effect.RESTS_ON: "From frame {frame} on the {thing} rests on the {cause}. Without the {cause} it would fall.",
    Effect.CARRIED: "From frame {frame} on the {thing} touches the {cause} and moves exactly with it. "
    "Without the {cause} it would have stayed where it was.",
    Effect.GOES_WITH: "The {thing} touches the {cause} and moves with it as long as it is seen: "
    "held, worn or part of it.",
    Effect.HELD: _HELD,
    Effect.HANGS: _HELD,
    Effect.LEANS: "The {thing} stands beside the {cause} and touches it; it may lean on the {cause} or be kept by it.",
}


def colour_name(rgb: tuple[float, float, float]) -> str:
    """The nearest of a dozen plain colour names to an R'G'B' colour, 0..255."""
    return min(_COLOURS, key=lambda name: float(np.linalg.norm(np.subtract(_COLOURS[name], rgb))))


def direction_name(x: float, y: float) -> str:
    """Where a direction in the upright picture points, in eighths of a turn."""
    return _DIRECTIONS[round(float(np.arctan2(y, x)) / (np.pi / 4)) % 8]


def why_of(contact: Contact, thing: str, cause: str, frame: int) -> str:
    """One or two sentences on an effect; `frame` is the presented frame of its onset."""
    towards = direction_name(*_pair(contact.before))
    return _WHY[contact.effect].format(thing=thing, cause=cause, frame=frame, towards=towards)


def instead_of(contact: Contact, thing: str) -> str:
    """What one sees of the thing when the object is gone, for the description of the scene."""
    match contact.effect:
        case Effect.STOPPED | Effect.STRUCK:
            return f"The {thing} goes on towards the {direction_name(*_pair(contact.before))}."
        case Effect.RESTS_ON | Effect.HELD | Effect.HANGS | Effect.LEANS:
            return f"The {thing} falls."
        case _:
            return f"The {thing} stays where it is."


def _pair(vector: NDArray[np.float64]) -> tuple[float, float]:
    return float(vector[0]), float(vector[1])
