"""Whether one sees where windows are joined."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cleanplate.edit.package import ShotPackage
from cleanplate.media.clip import Clip


def whole_mattes(package: ShotPackage) -> Iterator[tuple[int, np.ndarray]]:
    """By frame with content, its matte over the whole picture."""
    layer = package.layer()
    for number, patches in layer:
        whole = np.zeros((layer.index.height, layer.index.width), np.uint16)
        for patch in patches:
            y0, x0, y1, x1 = patch.box
            whole[y0:y1, x0:x1] = patch.alpha
        yield number, whole


def join_ratios(package: ShotPackage, joins: set[int]) -> list[float]:
    """By join: mean luma change inside alpha from one frame to the next, over the median of its 8 neighbours."""
    mattes = dict(whole_mattes(package))
    with Clip.open(package.composite) as clip:
        luma = [frame.planes[0].astype(np.float64) for frame in clip.frames()]
    change = [np.abs(luma[n + 1] - luma[n])[(mattes[n] > 0) | (mattes[n + 1] > 0)].mean() for n in range(len(luma) - 1)]
    inner = [join for join in sorted(joins) if 4 <= join < len(change) - 4]
    return [change[j] / float(np.median([*change[j - 4 : j], *change[j + 1 : j + 5]])) for j in inner]
