"""Which example comes when: by the seed alone, whatever the number of processes and however often a run stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=2)
def _permutation(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(count)


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

    def share(self, step: int, batch: int, rank: int, ranks: int) -> list[Place]:
        """What one of several processes takes in a step. Raises ValueError for a batch that they cannot divide."""
        if batch % ranks:
            raise ValueError(f"{ranks} processes do not divide a batch of {batch}")
        part = batch // ranks
        first = step * batch + rank * part
        return [self.at(position) for position in range(first, first + part)]


def places(order: Order, steps: range, batch: int, rank: int = 0, ranks: int = 1) -> Iterator[list[Place]]:
    """The shares of one process, step by step."""
    for step in steps:
        yield order.share(step, batch, rank, ranks)


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
