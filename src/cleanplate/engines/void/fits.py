"""What VOID would take on a machine. Read without torch."""

from __future__ import annotations

from collections.abc import Iterator

from cleanplate.engines.learned.reading import reading_at
from cleanplate.engines.learned.size import largest
from cleanplate.engines.learned.told import written
from cleanplate.engines.void import cost
from cleanplate.engines.void.framing import MULTIPLE, Framing
from cleanplate.engines.void.outline import Outline, Take
from cleanplate.engines.void.padding import latents_of
from cleanplate.engines.void.settings import Settings
from cleanplate.engines.void.timing import Span
from cleanplate.engines.void.windows import windows
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.footprint import spare
from cleanplate.models.running.speed import speed
from cleanplate.models.void.config import STRIDE, VoidConfig
from cleanplate.models.void.footprint import TEXT_BYTES, ways
from cleanplate.pipeline.fitting import Fit, Footage, Place

_PARTS = (2, 4)
"""What the working size's pixels are divided by where nothing gentler fits."""


def fits(name: str, footage: Footage, place: Place) -> list[Fit]:
    """See `pipeline.fitting.Fitting`; both passes are counted."""
    config, plain = VOIDS[name].config, Settings().of(place.device)
    return [_fit(text, _outline(config, footage, settings), place) for text, settings in _choices(plain, place)]


def _choices(plain: Settings, place: Place) -> Iterator[tuple[str, Settings]]:
    """Settings that take less and less, with how a user writes them."""
    text, least = "", plain
    for way in ways(plain.running, waiting=place.device != "cpu"):
        text, least = written(way, plain.running), plain.model_copy(update={"running": way})
        yield text, least
    for part in _PARTS:
        pixels = plain.pixels // part
        yield f"{text} --set pixels={pixels}", least.model_copy(update={"pixels": pixels})


def _fit(text: str, outline: Outline, place: Place) -> Fit:
    device = cost.memory(outline, place.device, outline.settings.running)
    computer = max(cost.beside(outline, place.device), reading_at(TEXT_BYTES, place))
    room = device <= spare(place.device_bytes) and computer <= spare(place.memory_bytes)
    rate = speed(place.device, outline.settings.running.dtype)
    seconds = sum(cost.seconds(outline, place.device, place.threads, rate).values())
    return Fit(text, device, computer, seconds, room, rate.measured)


def _outline(config: VoidConfig, footage: Footage, settings: Settings) -> Outline:
    """Of footage all of whose frames are drawn in one span."""
    size = largest(footage.rows, footage.columns, settings.pixels, MULTIPLE)
    framing = Framing((0, 0, footage.rows, footage.columns), size, *size.padded(MULTIPLE))
    span = Span(tuple(range(footage.frames)), None, settings.window)
    latents = latents_of(span.length)
    take = Take(
        number=0,
        span=span,
        framing=framing,
        shape=(latents, config.channels, framing.rows // STRIDE[1], framing.columns // STRIDE[2]),
        windows=windows(latents, settings.size, settings.overlap),
        changing=((1.0, 1.0),) * footage.frames,
    )
    return Outline(config, settings, (take,), footage.rows, footage.columns)
