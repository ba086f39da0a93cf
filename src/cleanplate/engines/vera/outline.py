"""What is to be drawn of a scene: on which grid, in which windows, how much of it. Read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cleanplate.engines.vera import cost
from cleanplate.engines.vera.schedule import Rhythm, Window, every, schedule
from cleanplate.engines.vera.settings import Settings
from cleanplate.engines.vera.size import WorkingSize, working_size
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.system import System
from cleanplate.pipeline.protocols import Scene

_KEY_BYTES, _LAYER_BYTES = 11, 4
"""On disk, for a pixel of a drawn window, and of the layer."""


@dataclass(frozen=True)
class Outline:
    """The work.

    Attributes:
        step: every so manieth frame of the plate is drawn.
        loads: by window.
    """

    system: System
    size: WorkingSize
    step: int
    windows: tuple[Window, ...]
    loads: tuple[cost.Load, ...]
    sampling: Sampling

    @staticmethod
    def of(system: System, scene: Scene, settings: Settings) -> Outline:
        """The work of a system on a scene."""
        info, region = scene.clip.info, scene.permitted
        stride = system.stride[0]
        asked = settings.window or system.limits.frames
        rhythm = Rhythm(system.limits.rate, 1 + (asked - 1) // stride * stride, stride)
        windows = schedule(region, range(len(info)), info, rhythm)
        size = working_size(info, settings.pixels or system.limits.pixels, system.multiple)
        sampling = settings.sampling_of(masked=scene.masked)
        loads = tuple(_load(window, scene, system, size) for window in windows)
        return Outline(system, size, every(info, rhythm.rate), windows, loads, sampling)

    def seconds(self, device: str, threads: int) -> float:
        """Of drawing all windows."""
        return sum(
            cost.seconds(self.system, load, self.sampling, device=device, threads=threads) for load in self.loads
        )

    def memory(self, device: str) -> int:
        """Bytes at the peak of the largest window."""
        return max(cost.memory(self.system, load, self.sampling, device=device) for load in self.loads)

    def disk(self, scene: Scene) -> int:
        """Bytes of windows and layer."""
        info, frames = scene.clip.info, {n for window in self.windows for n in window.frames}
        drawn = sum(load.pixels for load in self.loads) * _KEY_BYTES
        return drawn + len(frames) * info.height * info.width * _LAYER_BYTES

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


def _load(window: Window, scene: Scene, system: System, size: WorkingSize) -> cost.Load:
    """The share that may change is that of the boxes round the region."""
    info, patch = scene.clip.info, system.transformer.patch
    rows, columns = size.padded(system.multiple)
    frames = 1 + -(-(len(window.keys) - 1) // system.stride[0])
    grid = -(-frames // patch[0]), rows // system.multiple[0], columns // system.multiple[1]
    boxes = [scene.permitted.box(key) or (0, 0, 0, 0) for key in window.keys]
    ring = max(info.height / grid[1], info.width / grid[2])
    shares = [(y1 - y0 + 4 * ring) * (x1 - x0 + 4 * ring) / (info.height * info.width) for y0, x0, y1, x1 in boxes]
    share = min(1.0, sum(shares) / len(shares)) if scene.masked else 1.0
    return cost.Load(grid, share, len(window.keys) * rows * columns)


def smaller(settings: Settings, system: System) -> list[tuple[str, Settings]]:
    """Settings that take less memory, the gentlest first, with how a user writes them."""
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
