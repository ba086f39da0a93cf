"""What would be delivered, as pictures: patches laid over the plate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.patch import Patch
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.boxes import cut, within
from cleanplate.engines.void_nano.laying import Laying
from cleanplate.engines.void_nano.on_grid import laid
from cleanplate.engines.void_nano.window import Window
from cleanplate.masks.track import MaskBox

Real = NDArray[np.float32]


def composed(plate: Plate, laying: Laying, window: Window) -> Iterator[Real]:
    """At each beat: rows x columns x 3 R'G'B' in 0..1, upright.

    Args:
        plate: on the grid on which they are wanted.
    """
    wanted = set(window.frames)
    for frame in plate.clip.frames(window.frames[0], window.frames[-1] + 1):
        if frame.index in wanted:
            picture, patch = plate.small(frame), laying.patch(frame)
            if patch is not None:
                picture = laid(plate, frame, picture, partial(_over, patch))
            yield plate.framing.size.upright(picture)


def _over(patch: Patch, codes: Real, part: MaskBox) -> None:
    """Lay a patch whose matte is nothing or all, in place."""
    if (common := within(patch.box, part)) is not None:
        inner, outer = cut(common, patch.box), cut(common, part)
        codes[outer] = np.where(patch.alpha[inner][..., None] > 0, patch.colour[inner], codes[outer])
