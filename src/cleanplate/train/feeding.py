"""Examples in the order of the steps, decoded ahead where processes are spared for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

import torch
from torch.utils.data import Dataset

E = TypeVar("E")


def steps_from(dataset: Dataset[list[E]], steps: range, workers: int) -> Iterator[list[E]]:
    """What a data set of steps has for these steps, decoded ahead by other processes where there are any."""
    if not workers:
        yield from (dataset[step] for step in steps)
        return
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=None, sampler=list(steps), num_workers=workers, multiprocessing_context="spawn"
    )
    yield from islice(loader, len(steps))
