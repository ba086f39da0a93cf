"""What is to be drawn of a scene: on which grid, in which windows, how much of it. Read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cleanplate.engines.learned.region import region_of
from cleanplate.engines.learned.size import WorkingSize, working_size
from cleanplate.engines.learned.told import written
from cleanplate.engines.vera import cost
from cleanplate.engines.vera.schedule import Rhythm, Window, every, schedule
from cleanplate.engines.vera.settings import Settings
from cleanplate.models.catalogue.system import System
from cleanplate.models.footprint import ways
from cleanplate.models.running.speed import speed
from cleanplate.models.sampling.settings import Sampling
from cleanplate.pipeline.protocols import Scene

_FINER = 2
"""So many times finer than a model sees whole frames is drawn what it sees close."""
_KEY_BYTES, _LAYER_BYTES = 11, 4
"""On disk, for a pixel of a drawn window, and of the layer."""


@dataclass(frozen=True)
class Outline:
    """The work.

    Attributes:
        size: of what is drawn.
        things: close-ups that are made; 0 where frames are drawn whole.
        step: every so manieth frame of the plate is drawn, about.
        loads: by window.
        settings: with what depends on the device.
    """

    system: System
    size: WorkingSize
    things: int
    step: int
    windows: tuple[Window, ...]
    loads: tuple[cost.Load, ...]
    sampling: Sampling
    settings: Settings

    @staticmethod
    def of(system: System, scene: Scene, settings: Settings, *, things: int = 0) -> Outline:
        """The work of a system on a scene.

        Args:
            things: that are added each in a close-up.
        """
        info, region = scene.clip.info, scene.permitted
        stride = system.stride[0]
        asked = settings.window or system.limits.frames
        rhythm = Rhythm(system.limits.rate, 1 + (asked - 1) // stride * stride, stride, system.limits.slowest)
        windows = schedule(region, range(len(info)), info, rhythm)
        finer = _FINER if things else 1
        size = working_size(info, finer**2 * (settings.pixels or system.limits.pixels), system.multiple)
        sampling = settings.sampling_of(masked=scene.masked)
        loads = [
            cost.closeup(system, len(window.keys), size.rows * size.columns)
            if things
            else _load(window, scene, system, size, sampling)
            for window in windows
        ]
        step = every(info, rhythm.rate) if rhythm.slowest is None else _apart(windows)
        return Outline(system, size, things, step, windows, tuple(loads), sampling, settings)

    @property
    def frames(self) -> list[int]:
        """Of the plate, on which anything may change."""
        return sorted({frame for window in self.windows for frame in window.frames})

    def coarseness(self, scene: Scene) -> float:
        """How many times larger the plate is than the model would see the whole of it."""
        return (_FINER if self.things else 1) * scene.clip.info.height / self.size.coded[0]

    def seconds(self, device: str, threads: int) -> float:
        """Of drawing all windows."""
        way = cost.Way(
            self.sampling, self.settings.running, device, threads, speed(device, self.settings.running.dtype)
        )
        return max(1, self.things) * sum(cost.seconds(self.system, load, way) for load in self.loads)

    def memory(self, device: str) -> int:
        """Bytes at the peak of the largest window."""
        way = cost.Way(self.sampling, self.settings.running, device)
        return max(cost.memory(self.system, load, way) for load in self.loads)

    def disk(self, scene: Scene) -> int:
        """Bytes of windows and layer."""
        info = scene.clip.info
        drawn = sum(load.pixels for load in self.loads) * _KEY_BYTES
        return drawn + len(self.frames) * info.height * info.width * _LAYER_BYTES

    def figures(self) -> dict[str, Any]:
        """For the manifest."""
        tokens = sum(load.tokens for load in self.loads)
        return {
            "working_size": [self.size.rows, self.size.columns],
            "windows": len(self.windows),
            "frames_drawn": len({key for window in self.windows for key in window.keys}),
            "every": self.step,
            "share_drawn": round(sum(load.tokens * load.share for load in self.loads) / tokens, 4),
        }


def _load(window: Window, scene: Scene, system: System, size: WorkingSize, sampling: Sampling) -> cost.Load:
    """What may change is taken for the boxes round the region."""
    info, patch = scene.clip.info, system.transformer.patch
    rows, columns = size.padded(system.multiple)
    frames = 1 + -(-(len(window.keys) - 1) // system.stride[0])
    grid = -(-frames // patch[0]), rows // system.multiple[0], columns // system.multiple[1]
    region = None
    if sampling.economy is not None:
        boxes = [scene.permitted.box(key) or (0, 0, 0, 0) for key in window.keys]
        sides = [((y1 - y0) / info.height * grid[1], (x1 - x0) / info.width * grid[2]) for y0, x0, y1, x1 in boxes]
        region = region_of(sides, grid, sampling.economy)
    return cost.Load(grid, region, len(window.keys) * rows * columns)


def _apart(windows: tuple[Window, ...]) -> int:
    """Frames from key to key, on average."""
    keys = {key for window in windows for key in window.keys}
    return max(1, round(sum(len(window.frames) for window in windows) / max(1, len(keys))))


def smaller(settings: Settings, system: System, device: str) -> list[tuple[str, Settings]]:
    """Settings that take less memory, the gentlest first, with how a user writes them."""
    running = settings.running
    found = [
        (written(way, running), settings.model_copy(update={"running": way}))
        for way in ways(system, running, waiting=device != "cpu")
        if way != running
    ]
    return found + _shorter(settings, system)


def _shorter(settings: Settings, system: System) -> list[tuple[str, Settings]]:
    """Of fewer frames at a time, then of smaller pictures too."""
    pixels, window = settings.pixels or system.limits.pixels, settings.window or system.limits.frames
    stride = system.stride[0]
    found = []
    for part in (2, 4, 8):
        shorter = 1 + (window - 1) // part // stride * stride
        found.append((f"--window {shorter}", settings.model_copy(update={"window": shorter})))
    for part in (2, 4, 8):
        found.append((f"--pixels {pixels // part}", settings.model_copy(update={"pixels": pixels // part})))
        both = settings.model_copy(update={"pixels": pixels // part, "window": shorter})
        found.append((f"--pixels {pixels // part} --window {shorter}", both))
    return found
