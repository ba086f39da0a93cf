"""What a removal costs: time by stage, memory at the peak, disk. Read without torch."""

from __future__ import annotations

from cleanplate.engines.learned.region import region_of
from cleanplate.engines.void.latents import room
from cleanplate.engines.void.lay.estimate import Job
from cleanplate.engines.void.outline import Outline, Take
from cleanplate.engines.void.settings import RAFT, Pass, Settings
from cleanplate.engines.void.stages import LAY, TELL, decoding, sampling
from cleanplate.engines.void.windows import Window
from cleanplate.media.probe import ClipInfo
from cleanplate.models.flow import geometry
from cleanplate.models.footprint import Grid, Region
from cleanplate.models.running.settings import Running
from cleanplate.models.running.speed import GUESSED, Speed
from cleanplate.models.void.config import PATCH
from cleanplate.models.void.footprint import DECODING, ENCODING, Calls, footprint, held, waiting, work

_WARPING = 8e-7
"""Seconds for a pixel that noise is moved at, flow by DIS among them; for one thread."""
_TICKS = 1000
_PICTURE_BYTES, _LAYER_BYTES = 6, 6
"""On disk, for a pixel of a picture of either pass, and of the layer."""
_PROGRAM = 500_000_000
_GRID_BYTES = 3000
"""In the computer's memory, for a pixel of the model's grid: what is held of a few frames."""
_ALL = Region(edited=1.0, context=1.0)


def seconds(outline: Outline, device: str, threads: int, speed: Speed | None = None) -> dict[str, float]:
    """Of drawing all spans, by stage; the second pass, too, where it may run.

    Args:
        speed: of the device; None guesses.
    """
    settings, rate = outline.settings, speed or GUESSED[device]
    coded = sum(take.span.length * take.framing.rows * take.framing.columns for take in outline.takes)
    networks = {TELL: 2 * coded * ENCODING / rate.convolution}
    for number, how in enumerate((settings.first, settings.second), start=1):
        runs = number in outline.passes
        networks[sampling(number)] = runs * how.steps * _asked(outline, how, rate)
        networks[decoding(number)] = runs * coded * DECODING / rate.convolution
    if 2 in outline.passes and settings.flow == RAFT:
        networks[sampling(2)] += sum(map(_followed, outline.takes)) / rate.convolution
    found = {stage: taken / (threads if device == "cpu" else 1) for stage, taken in networks.items()}
    if 2 in outline.passes:
        found[sampling(2)] += sum(map(_warped, outline.takes))
    return found | {LAY: sum(_laid(take, outline).seconds for take in outline.takes)}


def worth(outline: Outline, device: str) -> dict[str, int]:
    """Of every stage on a bar of about a thousand ticks."""
    taken = seconds(outline, device, 1)
    whole = sum(taken.values())
    return {stage: round(_TICKS * part / whole) for stage, part in taken.items()}


def memory(outline: Outline, device: str, running: Running) -> int:
    """Bytes at the peak where the models run, whatever the clip's length."""
    settings = outline.settings
    passes = [(settings.first, settings.second)[number - 1] for number in outline.passes]
    calls = [_calls(take, how, settings) for take in outline.takes for how in passes]
    peak = max(footprint(outline.config, one, running).peak for one in calls)
    if settings.flow == RAFT and 2 in outline.passes:
        peak += max(geometry.memory(take.framing.rows, take.framing.columns) for take in outline.takes)
    return peak + _around(outline, running) if device == "cpu" else peak


def beside(outline: Outline, device: str) -> int:
    """Bytes of the computer's memory at the peak, the models' among them where they run there."""
    running = outline.settings.running
    laying = _PROGRAM + max(_laid(take, outline).memory_bytes for take in outline.takes)
    if device == "cpu":
        return max(laying, memory(outline, device, running))
    return max(laying, _around(outline, running) + waiting(outline.config, running))


def _around(outline: Outline, running: Running) -> int:
    """Bytes in the computer's memory beside the models' on their device."""
    found = (
        _GRID_BYTES * take.framing.rows * take.framing.columns + held((1, *take.shape[2:]), running)
        for take in outline.takes
    )
    return _PROGRAM + max(found)


def disk(outline: Outline, info: ClipInfo) -> int:
    """Bytes of latents, of what outlives calls, of pictures and layer."""
    total, settings = 0, outline.settings
    for take in outline.takes:
        pixels = take.framing.rows * take.framing.columns
        total += room(take.shape, settings.refresh) + 2 * len(take.span.frames) * pixels * _PICTURE_BYTES
        total += len(take.frames) * info.height * info.width * _LAYER_BYTES + _laid(take, outline).disk_bytes
        if settings.economy is not None and len(take.windows) > 1:
            kept = footprint(outline.config, _calls(take, settings.second, settings), settings.running).kept
            total += len(take.windows) * kept
    return total


def _warped(take: Take) -> float:
    """Seconds in which the second pass's noise is moved."""
    return (take.span.length - 1) * take.framing.rows * take.framing.columns * _WARPING


def _followed(take: Take) -> float:
    """Multiply-adds of a network that follows what the noise moves with."""
    return (take.span.length - 1) * geometry.multiplied(take.framing.rows, take.framing.columns)


def _laid(take: Take, outline: Outline) -> Job:
    return Job(
        height=outline.height,
        width=outline.width,
        area=take.area,
        frames=len(take.frames),
        changing=[down * across for down, across in take.changing],
        grid=take.framing.rows * take.framing.columns,
        background=outline.settings.background,
    )


def _asked(outline: Outline, how: Pass, rate: Speed) -> float:
    """Seconds of a step on average."""
    settings, total = outline.settings, 0.0
    for take in outline.takes:
        for window in take.windows:
            linear, attention = work(outline.config, _calls(take, how, settings, window), settings.refresh)
            total += linear / rate.linear + attention / rate.attention
    return total


def _calls(take: Take, how: Pass, settings: Settings, window: Window | None = None) -> Calls:
    """Of a window, or of the longest one with all of its tokens as context: what takes the most memory."""
    _, _, rows, columns = take.shape
    latents = max(one.stop - one.start for one in take.windows) if window is None else window.stop - window.start
    region = None
    if settings.economy is not None:
        region = _ALL if window is None else _region(take, (latents, rows, columns), settings)
    return Calls((latents, rows, columns), 2 if how.guidance > 1 else 1, settings.batched, region)


def _region(take: Take, window: Grid, settings: Settings) -> Region:
    """What may change is taken for the boxes round it."""
    assert settings.economy is not None  # noqa: S101
    tokens = window[0] // PATCH[0], window[1] // PATCH[1], window[2] // PATCH[2]
    sides = [(down * tokens[1], across * tokens[2]) for down, across in take.changing]
    return region_of(sides, tokens, settings.economy)
