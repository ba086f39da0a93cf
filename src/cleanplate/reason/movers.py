"""Things followed over time: blobs linked from picture to picture, and what their motion says."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cleanplate.reason.blobs import Blob

_MISSING = 4
"""Pictures on which a thing may go unseen."""
_SHORTEST = 4
"""Pictures that a thing must be seen on."""
_COLOUR = 90.0
"""Distance of mean colours, in levels, at which two blobs can hardly be one thing."""
REST = 0.6
"""Speed in small pixels a frame under which a thing is at rest."""


@dataclass
class Mover:
    """One thing over time; at most one blob a picture, in order."""

    blobs: list[Blob] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.blobs[0].at

    @property
    def last(self) -> int:
        return self.blobs[-1].at

    @property
    def area(self) -> float:
        """Median area in small pixels."""
        return float(np.median([blob.area for blob in self.blobs]))

    @property
    def reach(self) -> float:
        """Diameter of the disc of the same area."""
        return 2 * float(np.sqrt(self.area / np.pi))

    def on(self, at: int) -> Blob | None:
        """Its blob on a picture."""
        return next((blob for blob in self.blobs if blob.at == at), None)

    def velocity(self, first: int, last: int) -> NDArray[np.float64]:
        """(x, y) per frame over first..last inclusive, by a line through its steadied centres; zero for one point."""
        some = [(blob.at, *blob.centre) for blob in self.blobs if first <= blob.at <= last]
        return slope(np.asarray(some, dtype=np.float64))

    @property
    def travel(self) -> float:
        """The largest distance of its centre from where it was first seen."""
        centres = np.asarray([blob.centre for blob in self.blobs])
        return float(np.linalg.norm(centres - centres[0], axis=1).max())


def slope(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x, y) per frame of rows (frame, x, y), by least squares."""
    if len(points) < 2:
        return np.zeros(2)
    at = points[:, 0] - points[:, 0].mean()
    return np.asarray(at @ (points[:, 1:] - points[:, 1:].mean(axis=0)) / (at @ at))


def link(found: list[list[Blob]]) -> list[Mover]:
    """Things from the blobs of every picture: nearest to where it was going, of like size and colour, best match first.

    Things that are seen too shortly are left out.
    """
    movers: list[Mover] = []
    for at, blobs in enumerate(found):
        alive = [mover for mover in movers if at - mover.last <= _MISSING]
        offers = sorted(
            (cost, i, j)
            for i, mover in enumerate(alive)
            for j, blob in enumerate(blobs)
            if (cost := _unlike(mover, blob)) < 1
        )
        taken_movers: set[int] = set()
        taken_blobs: set[int] = set()
        for _, i, j in offers:
            if i not in taken_movers and j not in taken_blobs:
                alive[i].blobs.append(blobs[j])
                taken_movers.add(i)
                taken_blobs.add(j)
        movers += [Mover([blob]) for j, blob in enumerate(blobs) if j not in taken_blobs]
    return [mover for mover in movers if len(mover.blobs) >= _SHORTEST]


def _unlike(mover: Mover, blob: Blob) -> float:
    """0 for a perfect continuation, 1 and more for an impossible one."""
    last, gap = mover.blobs[-1], blob.at - mover.last
    velocity = mover.velocity(mover.last - 2, mover.last)
    straight = np.asarray(last.centre) + velocity * gap
    away = min(float(np.linalg.norm(np.asarray(blob.centre) - place)) for place in (straight, np.asarray(last.centre)))
    news = 2.0 if len(mover.blobs) == 1 else 1.0
    gate = news * (last.reach + blob.reach) / 2 + float(np.linalg.norm(velocity)) + 4
    ratio = max(last.area, blob.area) / min(last.area, blob.area)
    colour = float(np.linalg.norm(np.subtract(last.colour, blob.colour))) / _COLOUR
    return 0.5 * away / gate + 0.25 * (ratio - 1) / 2 + 0.5 * colour + (1.0 if away > gate or ratio > 4 else 0.0)
