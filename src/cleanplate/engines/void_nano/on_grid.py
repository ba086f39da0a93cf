"""A frame on a grid with something laid over the plate: only the cells where anything may change are made anew."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.boxes import aligned, within
from cleanplate.masks.track import MaskBox
from cleanplate.media.frame import Frame

Real = NDArray[np.float32]


def laid(plate: Plate, frame: Frame, small: Real, lay: Callable[[Real, MaskBox], object]) -> Real:
    """The picture on the plate's grid, rows x columns x 3 R'G'B' in 0..1, in coded orientation.

    Args:
        small: the plate's own.
        lay: lays something over the layer codes of a part of the frame, in place.
    """
    changes, scale = plate.quadmask.box_of_change(frame.index), plate.scale
    inner = None if changes is None else within(changes, scale.box)
    if inner is None:
        return small
    roomy = grown(inner, ceil(scale.factor), plate.info.height, plate.info.width)
    part = aligned(within(roomy, scale.box) or inner, plate.info)
    codes = plate.codes_at(frame, part)
    lay(codes, part)
    top, left, bottom, right = scale.cells(part)
    picture = small.copy()
    picture[top:bottom, left:right] = scale.down(plate.picture_of(codes), part)
    return picture
