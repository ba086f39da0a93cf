"""What reading texts takes. Read without torch."""

from __future__ import annotations

from cleanplate.models.footprint import spare
from cleanplate.pipeline.fitting import Place

PROGRAM = 400_000_000
"""Bytes of the program itself with its libraries."""


def reading(encoder: int) -> int:
    """Bytes at the peak of reading texts with an encoder of so many bytes."""
    return PROGRAM + encoder if encoder else 0


def reading_at(encoder: int, place: Place) -> int:
    """Bytes of the computer's memory for a text encoder of so many, which reads on an accelerator that has room."""
    return 0 if place.device != "cpu" and encoder <= spare(place.device_bytes) else reading(encoder)
