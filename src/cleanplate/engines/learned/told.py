"""Choices of how a model is run, as a user writes them. Read without torch."""

from __future__ import annotations

from cleanplate.models.running.settings import Running

_SPOKEN = {True: "yes", False: "no"}


def written(settings: Running, than: Running) -> str:
    """What differs, as a user writes it."""
    differing = {name: value for name, value in settings if value != getattr(than, name)}
    return " ".join(f"--set running.{name}={_SPOKEN.get(value, value)}" for name, value in differing.items())
