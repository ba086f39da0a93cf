"""What a clean plate would take on a machine."""

from __future__ import annotations

from cleanplate.engines.propagate.cleaner import Settings
from cleanplate.engines.propagate.estimate import Work
from cleanplate.pipeline.fitting import Fit, Footage, Place

_HOLE = 0.1
"""Part of the picture that is filled, for want of a mask."""


def fits(_: str, footage: Footage, place: Place) -> list[Fit]:
    """See `pipeline.fitting.Fitting`; a tenth of every frame is filled."""
    hole = round(_HOLE * footage.rows * footage.columns)
    work = Work(
        height=footage.rows,
        width=footage.columns,
        boxes=[hole] * footage.frames,
        surveyed=footage.frames,
        windows=1,
        sources=Settings().sources,
    )
    return [Fit("", 0, work.memory_bytes, work.seconds, work.memory_bytes <= place.memory_bytes)]
