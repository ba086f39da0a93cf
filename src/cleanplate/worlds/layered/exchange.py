"""A background change, frame by frame: the subject stays, and the layer is the new place with a hole for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.layered.alpha import Picture, over
from cleanplate.worlds.layered.clip import LayeredFrame


def exchanged(filmed: Picture, colour: Picture, coverage: NDArray[np.float32], place: Picture) -> LayeredFrame:
    """The subject of `filmed` before another place.

    At soft edges the subject's own straight colour, not what was behind it, must shine through: so it is preserved.

    Args:
        filmed: the subject before the old place.
        colour: the subject's straight colour, wherever `coverage` is above 0.
        coverage: H x W, 0..1: how much of each pixel the subject takes.
        place: what is behind it from now on.
    """
    preserved = np.where(coverage[..., None] > 0, colour, filmed).astype(np.uint8)
    alpha = np.asarray(np.rint((1 - coverage) * 255), np.uint8)
    return LayeredFrame(filmed, preserved, place, alpha, over(place, alpha, preserved), coverage > 0.5, coverage)
