"""What the writers of exports are given: the layer's colour and matte, frame by frame, whoever holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.probe import ClipInfo

Painted = tuple[int, NDArray[np.float32], NDArray[np.float32]]
"""Frame number, H x W x 3 straight R'G'B' as the plate codes light (nominally 0..1), H x W alpha 0..1; coded grid."""


def every_frame(painted: Iterable[Painted], info: ClipInfo) -> Iterator[Painted]:
    """All frames of the clip in order; those that `painted` leaves out are transparent black.

    Raises:
        ValueError: frames out of order or outside the clip, or of another size.
    """
    size = info.height, info.width
    empty = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    following = 0
    for index, rgb, alpha in painted:
        if not following <= index < len(info) or rgb.shape != (*size, 3) or alpha.shape != size:
            raise ValueError(f"frame {index} of {rgb.shape} after {following - 1} in a clip of {len(info)} {size}")
        yield from ((n, *empty) for n in range(following, index))
        yield index, rgb, alpha
        following = index + 1
    yield from ((n, *empty) for n in range(following, len(info)))
