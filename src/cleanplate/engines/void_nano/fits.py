"""What void-nano would take on a machine. Read without torch."""

from __future__ import annotations

from cleanplate.engines.void_nano import cost
from cleanplate.engines.void_nano.settings import Settings
from cleanplate.models.catalogue.small import void_nano
from cleanplate.models.running.speed import speed
from cleanplate.pipeline.fitting import Fit, Footage, Place

_HOLE = 0.1
"""Part of the picture that may change, for want of a mask."""


def fits(_: str, footage: Footage, place: Place) -> list[Fit]:
    """See `pipeline.fitting.Fitting`; a tenth of every frame may change."""
    system, area = void_nano(), round(_HOLE * footage.rows * footage.columns)
    fill = cost.filling(footage.rows, footage.columns, [area] * footage.frames, footage.frames, 1)
    settings, rate = Settings(), speed(place.device)
    memory = cost.memory(fill, system, settings.sampling(system.sampling))
    seconds = cost.seconds(fill, system, settings.calls(system.sampling), rate, place.threads)
    return [Fit("", 0, memory, seconds, memory <= place.memory_bytes, rate.measured)]
