"""Waves on shallow water: the linear equations on a staggered grid, driven by what bodies displace.

Heights lie in the middles of cells, flows on the walls between them (Arakawa's C grid), and both are stepped in turn
(leapfrog). So no water is lost, nothing flows through the outer walls, waves run at sqrt(g h), and without a source the
energy never grows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.scene import Water

Array = NDArray[np.float64]

CELL = 0.03
"""Metres, about."""
COURANT = 0.6
"""Cells that a wave may cross in a step, at most; the scheme is stable below 1 / sqrt(2)."""


class Waves:
    """The surface of water in a box. Its state is heights, flows, and what is displaced.

    Attributes:
        heights: rows x columns, metres above rest; rows along y, columns along x, from the low ends.
    """

    def __init__(self, shape: Water, gravity: float) -> None:
        """At rest."""
        self.shape, self._gravity, self._depth = shape, gravity, 2 * shape.half[2]
        columns, rows = (max(int(np.rint(2 * half / CELL)), 2) for half in shape.half[:2])
        self._cell = np.array([2 * shape.half[0] / columns, 2 * shape.half[1] / rows])
        self.heights = np.zeros((rows, columns))
        self._across, self._along = np.zeros((rows, columns - 1)), np.zeros((rows - 1, columns))
        self._last = 0.0
        self._displaced: dict[str, Array] = {}

    @property
    def speed(self) -> float:
        """Of the waves, metres a second."""
        return float(np.sqrt(self._gravity * self._depth))

    @property
    def centres(self) -> tuple[Array, Array]:
        """x of the columns and y of the rows, metres from the middle."""
        rows, columns = self.heights.shape
        x = (np.arange(columns) + 0.5) * self._cell[0] - self.shape.half[0]
        y = (np.arange(rows) + 0.5) * self._cell[1] - self.shape.half[1]
        return x, y

    @property
    def energy(self) -> float:
        """Joules for water of density 1, as the scheme keeps it: heights now, flows of half a step before and after."""
        area = float(np.prod(self._cell))
        after_x, after_y = self._pushed(self._last)
        moving = (self._across * after_x).sum() + (self._along * after_y).sum()
        return 0.5 * area * float(self._gravity * (self.heights**2).sum() + self._depth * moving)

    def displace(self, name: str, volume: float, place: tuple[float, float], width: float) -> None:
        """A body now keeps so much water (m3) from around `place`: what it did not keep before rises there.

        Args:
            width: standard deviation of a bell, metres; what would lie beyond the walls is inside.
        """
        before = self._displaced.get(name)
        if volume == 0 and (before is None or not before.any()):
            self._displaced[name] = np.zeros_like(self.heights)
            return
        bell = np.zeros_like(self.heights)
        if volume > 0:
            x, y = self.centres
            width = max(width, 1.2 * float(self._cell.max()))
            bell = np.exp(-0.5 * ((y - place[1]) / width) ** 2)[:, None] * np.exp(-0.5 * ((x - place[0]) / width) ** 2)
            bell *= volume / (bell.sum() * self._cell.prod())
        if before is not None:
            self.heights += bell - before
        self._displaced[name] = bell

    def step(self, seconds: float) -> None:
        """Go on, in as many steps as stability asks for."""
        count = int(np.ceil(seconds * self.speed / (COURANT * float(self._cell.min()))))
        for _ in range(max(count, 1)):
            self._step(seconds / max(count, 1))

    def _step(self, seconds: float) -> None:
        kept = np.exp(-self.shape.damping * seconds)
        across, along = self._pushed(seconds)
        self._across, self._along, self._last = kept * across, kept * along, seconds
        gain = np.zeros_like(self.heights)
        gain[:, :-1] -= self._across / self._cell[0]
        gain[:, 1:] += self._across / self._cell[0]
        gain[:-1] -= self._along / self._cell[1]
        gain[1:] += self._along / self._cell[1]
        self.heights += seconds * self._depth * gain

    def _pushed(self, seconds: float) -> tuple[Array, Array]:
        """The flows (m/s) after the slopes of the surface have pushed them for so long."""
        push = seconds * self._gravity
        return (
            self._across - push * np.diff(self.heights, axis=1) / self._cell[0],
            self._along - push * np.diff(self.heights, axis=0) / self._cell[1],
        )

    def level(self, places: Array) -> Array:
        """Heights (N) at places (N x 2, metres from the middle), by the four cells around; the nearest beyond them."""
        rows, columns = self.heights.shape
        x = np.clip((places[:, 0] + self.shape.half[0]) / self._cell[0] - 0.5, 0, columns - 1)
        y = np.clip((places[:, 1] + self.shape.half[1]) / self._cell[1] - 0.5, 0, rows - 1)
        column, row = np.minimum(x.astype(int), columns - 2), np.minimum(y.astype(int), rows - 2)
        right, up, h = x - column, y - row, self.heights
        low = (1 - right) * h[row, column] + right * h[row, column + 1]
        high = (1 - right) * h[row + 1, column] + right * h[row + 1, column + 1]
        return np.asarray((1 - up) * low + up * high)
