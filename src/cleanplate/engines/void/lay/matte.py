"""Where the layer shows: over all that is removed, and where something changed; never where nothing may."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.matte import clean_alpha, to_codes
from cleanplate.engines.propagate.matte import hole_alpha, inner_ramp
from cleanplate.masks.labels import Labels, changed, removed

Real = NDArray[np.float32]


def drawn_alpha(labels: Labels, change: Real, feather: float) -> NDArray[np.uint16]:
    """Alpha codes. Over the removed object it is 1, and falls off softly beside it (decision 011).

    Args:
        labels: h x w, with a rim around all that may change where the frame goes on.
        change: h x w, 0..1, where what was drawn is not what the plate shows.
        feather: pixels over which what changed fades in, inside what may change.
    """
    permitted = changed(labels)
    over = hole_alpha(removed(labels), permitted, max(1, round(feather)))
    anew = _eased(np.clip(change, 0, 1)) * inner_ramp(permitted, feather)
    alpha = np.where(permitted, np.maximum(over, anew), 0)
    return clean_alpha(to_codes(alpha))


def _eased(share: Real) -> Real:
    """Smoothstep: no kink where it begins and ends."""
    return share * share * (3 - 2 * share)
