"""What is to be drawn of a scene: which spans of it, how they are framed, in which windows. Read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cleanplate.engines.void.framing import Framing, close, whole
from cleanplate.engines.void.latents import Shape
from cleanplate.engines.void.padding import latents_of
from cleanplate.engines.void.settings import Settings
from cleanplate.engines.void.timing import Span, spans
from cleanplate.engines.void.windows import Window, windows
from cleanplate.masks.quadmask import FrameSummary, QuadMask
from cleanplate.media.probe import ClipInfo
from cleanplate.models.void.config import STRIDE, VoidConfig


@dataclass(frozen=True)
class Take:
    """A span as it is drawn.

    Attributes:
        number: 0, 1, ... in the order of the plate.
        shape: of its latents.
        windows: over them.
        changing: by beat, the parts of the framed rows and columns that the box round all that may change takes.
    """

    number: int
    span: Span
    framing: Framing
    shape: Shape
    windows: tuple[Window, ...]
    changing: tuple[tuple[float, float], ...]

    @property
    def frames(self) -> range:
        """Of the plate, from the first that is drawn to the last."""
        return range(self.span.frames[0], self.span.frames[-1] + 1)

    @property
    def area(self) -> int:
        """Pixels of the plate that are framed."""
        y0, x0, y1, x1 = self.framing.box
        return (y1 - y0) * (x1 - x0)


@dataclass(frozen=True)
class Outline:
    """The work.

    Attributes:
        settings: with what depends on the device.
        takes: in the order of the plate.
        height, width: of the plate.
        guided: their motion is given, so that the second pass needs no first one.
    """

    config: VoidConfig
    settings: Settings
    takes: tuple[Take, ...]
    height: int
    width: int
    guided: bool = False

    @property
    def passes(self) -> tuple[int, ...]:
        """Those that run, or may."""
        if self.guided:
            return (2,)
        return (1,) if self.settings.pass2 == "never" else (1, 2)

    @staticmethod
    def of(
        config: VoidConfig, quadmask: QuadMask, info: ClipInfo, settings: Settings, *, guided: bool = False
    ) -> Outline:
        """The work of a model on a clip.

        Raises:
            InputError: the quadmask has another length than the plate.
        """
        found = spans(quadmask.summaries, info, settings.window, settings.rate)
        takes = []
        for number, span in enumerate(found):
            seen = quadmask.summaries[span.frames[0] : span.frames[-1] + 1]
            framing = close(seen, info, settings.pixels) if settings.crop else whole(info, settings.pixels)
            latents = latents_of(span.length)
            take = Take(
                number=number,
                span=span,
                framing=framing,
                shape=(latents, config.channels, framing.rows // STRIDE[1], framing.columns // STRIDE[2]),
                windows=windows(latents, settings.size, settings.overlap),
                changing=tuple(_share(quadmask.summaries[frame], framing) for frame in span.frames),
            )
            takes.append(take)
        return Outline(config, settings, tuple(takes), info.height, info.width, guided)

    def figures(self) -> list[dict[str, Any]]:
        """Of every take, for the manifest."""
        return [
            {
                "frames": [take.frames.start, take.frames.stop - 1],
                "drawn": len(take.span.frames),
                "filled_up_to": take.span.length,
                "beats_before_the_first_consequence": take.span.lead,
                "working_size": [take.framing.rows, take.framing.columns],
                "box": list(take.framing.box),
                "windows": len(take.windows),
            }
            for take in self.takes
        ]


def _share(summary: FrameSummary, framing: Framing) -> tuple[float, float]:
    if summary.box is None:
        return 0.0, 0.0
    y0, x0, y1, x1 = framing.box
    down, across = (summary.box[2] - summary.box[0]) / (y1 - y0), (summary.box[3] - summary.box[1]) / (x1 - x0)
    return (across, down) if framing.size.turns % 2 else (down, across)
