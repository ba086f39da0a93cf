"""Which example comes when: by the seed alone, whatever the number of processes and however often a run stops."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import UsageError


@lru_cache(maxsize=2)
def _permutation(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(count)


@dataclass(frozen=True)
class Portion:
    """What one of several processes takes of every step's batch.

    Attributes:
        batch: of all processes together.
        rank, ranks: which of them this is, and how many there are.

    Raises:
        UsageError: they do not divide the batch.
    """

    batch: int
    rank: int = 0
    ranks: int = 1

    def __post_init__(self) -> None:
        if self.batch % self.ranks:
            raise UsageError(
                f"{self.ranks} processes do not divide a batch of {self.batch}",
                remedy="Start as many as divide it, or change `batch` in the recipe.",
            )

    @property
    def within(self) -> slice:
        """Its part of what is drawn for the whole batch."""
        part = self.batch // self.ranks
        return slice(self.rank * part, (self.rank + 1) * part)

    def at(self, step: int) -> range:
        """Its positions in a step, counted over the whole run."""
        return range(step * self.batch, (step + 1) * self.batch)[self.within]


@dataclass(frozen=True)
class Place:
    """One place in the order.

    Attributes:
        position: counted over the whole run.
        example: index of the example that stands there.
    """

    position: int
    example: int


@dataclass(frozen=True)
class Order:
    """Every epoch shuffles the examples anew.

    Attributes:
        count: examples.
    """

    count: int
    seed: int

    def at(self, position: int) -> Place:
        """The place 0, 1, ... of the run."""
        epoch, within = divmod(position, self.count)
        return Place(position, int(_permutation(self.count, self.seed, epoch)[within]))

    def share(self, step: int, portion: Portion) -> list[Place]:
        """What one process takes in a step."""
        return [self.at(position) for position in portion.at(step)]


class Purpose(IntEnum):
    """What is drawn: each has a stream of its own."""

    CUT = 0
    NOISE = 1
    STEP = 2
    MASK = 3
    PLATE = 4
    POSTERIOR = 5
    DEGRADED = 6
    CLOSER = 7


def drawn(seed: int, purpose: Purpose, number: int) -> np.random.Generator:
    """The generator for one position, or for one step."""
    return np.random.default_rng([seed, purpose, number])
