"""How large and how long a clip is shown. Read without torch.

As published, pictures keep their aspect; sizes are drawn, and what is large is shown for a shorter time, so that a
step's work stays about the same. The aspect is the clip's own to the multiple, where the published code takes the
nearest of a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from cleanplate.engines.void.framing import MULTIPLE
from cleanplate.train.void.recipe import Clips

_LARGER = 1.25
"""A size is allowed below this many times the mean of the clip's sides."""
_LEAST, _STEP = 5, 8


@dataclass(frozen=True)
class Bucket:
    """How a clip is shown.

    Attributes:
        frames: 8 k + 5.
        rows, columns: of what the model sees.
        covering: rows and columns of the whole picture that this is cut out of.
    """

    frames: int
    rows: int
    columns: int
    covering: tuple[int, int]

    @property
    def spare(self) -> tuple[int, int]:
        """Rows and columns of the whole picture that are not seen."""
        return self.covering[0] - self.rows, self.covering[1] - self.columns


def allowed(sizes: tuple[int, ...], height: int, width: int) -> tuple[int, ...]:
    """Of the sizes, rising, those that a picture is not blown up to; at least the smallest."""
    rising = tuple(sorted(sizes))
    return tuple(size for size in rising if size < _LARGER * (height + width) / 2) or rising[:1]


def bucket(clips: Clips, size: int, length: int, height: int, width: int) -> Bucket:
    """How a clip of that length and picture is shown at a size.

    Raises:
        ValueError: a clip of fewer than 5 frames.
    """
    frames = min(length, clips.frames, max(_LEAST, clips.most // size**2))
    if frames < _LEAST:
        raise ValueError(f"a clip has {_LEAST} frames at least, not {frames}")
    stretch = sqrt(height / width)
    rows, columns = (_floored(size * part, step) for part, step in zip((stretch, 1 / stretch), MULTIPLE, strict=True))
    scale = max(rows / height, columns / width)
    covering = max(rows, round(height * scale)), max(columns, round(width * scale))
    return Bucket(frames - (frames - _LEAST) % _STEP, rows, columns, covering)


def longest(clips: Clips, sizes: tuple[int, ...]) -> int:
    """The largest of rising sizes at which a clip is shown for the longest time."""
    return next((size for size in reversed(sizes) if clips.most // size**2 >= clips.frames), sizes[0])


def _floored(length: float, step: int) -> int:
    return max(step, int(length // step) * step)
