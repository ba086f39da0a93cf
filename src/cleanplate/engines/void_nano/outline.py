"""What is to be done of a scene: which frames are filled, which the model is asked about. Read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cleanplate.engines.propagate.cleaner import Settings as Fill
from cleanplate.engines.propagate.estimate import Work
from cleanplate.engines.propagate.runs import runs
from cleanplate.engines.void.framing import Framing, close, whole
from cleanplate.engines.void.verdict import Verdict, measured
from cleanplate.engines.void_nano import cost
from cleanplate.engines.void_nano.settings import Settings
from cleanplate.engines.void_nano.window import TooLong, Window, window_of
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.probe import ClipInfo
from cleanplate.models.catalogue.system import System
from cleanplate.report.data import PREVIEW


@dataclass(frozen=True)
class Outline:
    """The work.

    Attributes:
        settings: as they were chosen.
        runs: stretches of frames on which anything may change.
        areas: pixels of the box round it on each of these.
        window: what the model is asked about; None where nothing is affected.
        framing: of it.
    """

    settings: Settings
    info: ClipInfo
    runs: tuple[range, ...]
    areas: tuple[int, ...]
    window: Window | TooLong | None
    framing: Framing

    @staticmethod
    def of(system: System, quadmask: QuadMask, info: ClipInfo, settings: Settings) -> Outline:
        """The work of a model on a clip."""
        limits, found = system.limits, tuple(runs(quadmask.changed_frames))
        window = window_of(quadmask.summaries, info, limits)
        framing = whole(info, limits.pixels, system.multiple)
        if settings.crop and isinstance(window, Window):
            seen = quadmask.summaries[window.frames[0] : window.last + 1]
            framing = close(seen, info, limits.pixels, system.multiple)
        boxes = (quadmask.box_of_change(frame) or (0, 0, 0, 0) for run in found for frame in run)
        areas = tuple((y1 - y0) * (x1 - x0) for y0, x0, y1, x1 in boxes)
        return Outline(settings, info, found, areas, window, framing)

    def fill(self) -> Work:
        """The clean plate."""
        surveyed = sum(len(run) + 2 * Fill().reach for run in self.runs)
        surveyed = min(surveyed, len(self.info) * len(self.runs))
        return cost.filling(self.info.height, self.info.width, self.areas, surveyed, len(self.runs))

    def notes(self) -> list[str]:
        """Sentences about what a user may not expect."""
        if not isinstance(self.window, Window):
            return ["Nothing is marked as affected, so nothing moves: what is removed is filled as by `propagate`."]
        size = self.framing.size
        return [
            f"Frames {self.window.frames[0]} to {self.window.last}: the model looks at {len(self.window.frames)} of "
            f"them, at {size.columns} x {size.rows}; what it moves is sampled from the plate at full size."
        ]

    def figures(self, verdict: Verdict | None) -> dict[str, Any]:
        """For the manifest.

        Args:
            verdict: of the window.
        """
        figures: dict[str, Any] = {PREVIEW: True, "frames_filled": len(self.areas)}
        if isinstance(self.window, Window) and verdict is not None:
            figures["morph"] = measured([verdict], self.settings.threshold)
            figures["window"] = {
                "frames": [self.window.frames[0], self.window.last],
                "beats": len(self.window.frames),
                "working_size": [self.framing.rows, self.framing.columns],
                "box": list(self.framing.box),
                "pass2": verdict.refine,
                "why": verdict.why,
            }
        return figures
