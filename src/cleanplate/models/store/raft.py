"""RAFT by the name or place of its weights, for `pipeline.registry`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.flows import RAFT
from cleanplate.models.flow.loading import load, opened
from cleanplate.models.flow.method import RaftFlow
from cleanplate.models.weights.digests import fingerprint


def flow_of(weights: str | None = None) -> RaftFlow:
    """The method. Its weights are looked at now, and read when a first pair is asked for.

    Args:
        weights: a folder or file; None is where `places.located` looks for the row's.

    Raises:
        InputError, ResourceError: see `opened` and `places.located`.
    """
    path = places.located(Path(weights) if weights else RAFT)
    checkpoint, _ = opened(path)
    return RaftFlow(partial(load, path), fingerprint(sorted({*checkpoint.files.values()})))
