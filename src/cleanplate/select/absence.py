"""How sure one may be that an object which does not show is really not there."""

from __future__ import annotations

import numpy as np

from cleanplate.masks.track import Mask
from cleanplate.select.geometry import inner_contour

OUT_OF_SIGHT = 0.2
"""It vanished inside the frame: hidden, or lost."""
LEFT_THE_FRAME = 0.6
"""It went over the frame's border, as objects do."""
_ON_THE_BORDER = 0.25
"""Share of the outline that lies on the frame's border when an object is about to leave."""


def absence_confidence(last_seen: Mask) -> float:
    """Confidence of an empty mask, from the last one that was not empty."""
    return LEFT_THE_FRAME if _share_on_border(last_seen) >= _ON_THE_BORDER else OUT_OF_SIGHT


def _share_on_border(mask: Mask) -> float:
    border = np.zeros_like(mask)
    border[[0, -1]] = True
    border[:, [0, -1]] = True
    on_border = mask & border
    outline = int((inner_contour(mask) | on_border).sum())
    return int(on_border.sum()) / outline if outline else 0.0
