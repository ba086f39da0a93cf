"""What can act on a thing: a removed object, or a thing that one has set moving or kept from moving."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.motion.warp import send
from cleanplate.reason.footage import Footage
from cleanplate.reason.movers import Mover, slope


@dataclass(frozen=True)
class Agent:
    """One node of the graph of contacts over time.

    Attributes:
        owner: the removed object at the beginning of the chain, from 1.
        mover: the thing; None for the object itself.
        since: position from which it moves otherwise than it would alone.
        trust: confidence that it does.
    """

    footage: Footage = field(repr=False)
    owner: int
    mover: Mover | None = None
    since: int = 0
    trust: float = 1.0

    def mask(self, at: int) -> Mask:
        """h x w: where it is on a picture."""
        if self.mover is None:
            there: Mask = self.footage.owner[at] == self.owner
            return there
        blob = self.mover.on(at)
        return np.zeros(self.footage.shape, np.bool_) if blob is None else blob.mask(self.footage.shape)

    def path(self) -> NDArray[np.float64]:
        """Rows (position, x, y): its steadied centre wherever it shows."""
        rows = []
        for at in range(len(self.footage)):
            ys, xs = np.nonzero(self.mask(at))
            if len(ys):
                x, y = send(self.footage.between(at, 0), np.array([[xs.mean(), ys.mean()]]))[0]
                rows.append((at, x, y))
        return np.asarray(rows, dtype=np.float64).reshape(-1, 3)


def slope_around(path: NDArray[np.float64], at: int, reach: int) -> NDArray[np.float64]:
    """Velocity (x, y) of an agent's path over at - reach .. at + reach."""
    return slope(path[np.abs(path[:, 0] - at) <= reach])
