"""What Vera would take on a machine. Read without torch."""

from __future__ import annotations

from cleanplate.engines.learned.reading import PROGRAM, reading_at
from cleanplate.engines.learned.size import largest
from cleanplate.engines.vera import cost
from cleanplate.engines.vera.outline import smaller
from cleanplate.engines.vera.schedule import Rhythm
from cleanplate.engines.vera.settings import Settings
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.table import model
from cleanplate.models.footprint import spare, waiting
from cleanplate.models.running.speed import speed
from cleanplate.pipeline.fitting import Fit, Footage, Place

_TEXT_BYTES = {"umt5-xxl": 2 * 5_680_910_336}
"""Of text encoders, in 16 bits."""


def fits(name: str, footage: Footage, place: Place) -> list[Fit]:
    """See `pipeline.fitting.Fitting`."""
    system = model(name).system
    plain = Settings().of(system, place.device)
    choices = [("", plain), *smaller(plain, system, place.device)]
    return [_fit(text, system, settings, footage, place) for text, settings in choices]


def _fit(text: str, system: System, settings: Settings, footage: Footage, place: Place) -> Fit:
    sampling = settings.sampling_of(masked=False)
    rate = speed(place.device, settings.running.dtype)
    way = cost.Way(sampling, settings.running, place.device, place.threads, rate)
    windows, load = _load(system, settings, footage)
    device = cost.memory(system, load, way)
    beside = device if place.device == "cpu" else PROGRAM + waiting(system, settings.running)
    computer = max(beside, reading_at(_TEXT_BYTES.get(system.text, 0), place))
    room = device <= spare(place.device_bytes) and computer <= spare(place.memory_bytes)
    return Fit(text, device, computer, windows * cost.seconds(system, load, way), room, rate.measured)


def _load(system: System, settings: Settings, footage: Footage) -> tuple[int, cost.Load]:
    """How many windows, and one of them, seen whole."""
    stride, patch = system.stride[0], system.transformer.patch
    longest = settings.window or system.limits.frames
    rhythm = Rhythm(system.limits.rate, 1 + (longest - 1) // stride * stride, stride, system.limits.slowest)
    keys = rhythm.keys(footage.frames)
    frames = min(rhythm.window, keys)
    size = largest(footage.rows, footage.columns, settings.pixels or system.limits.pixels, system.multiple)
    rows, columns = size.padded(system.multiple)
    latents = 1 + -(-(frames - 1) // stride)
    grid = -(-latents // patch[0]), rows // system.multiple[0], columns // system.multiple[1]
    more = max(0, keys - rhythm.window)
    return 1 + -(-more // (rhythm.window - rhythm.overlap)), cost.Load(grid, None, frames * rows * columns)
