"""What can be told of a network of optical flow: the same words as of any other model."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from cleanplate.errors import missing_extra
from cleanplate.models.catalogue.flows import FLOWS, FlowModel
from cleanplate.models.flow.geometry import ITERATIONS, LEAST_SIDE, STRIDE
from cleanplate.models.flow.layouts import layout_of


def rows() -> list[dict[str, Any]]:
    """Of the table. Neither torch nor the hub's client is needed."""
    return [{"name": name} | row(flow) for name, flow in FLOWS.items()]


def row(flow: FlowModel) -> dict[str, Any]:
    """One of them."""
    return {
        "summary": flow.summary,
        "stated_billions": flow.parameters / 1e9,
        "weights": flow.published,
        "starts_from": None,
        "licence": flow.licence,
    }


def is_flow(path: Path) -> bool:
    """Whether these are the weights of one. Raises InputError, see `Checkpoint.open`."""
    from cleanplate.models.weights.checkpoint import Checkpoint

    return layout_of(Checkpoint.open(path).shapes) is not None


def counted() -> dict[str, Any]:
    """On torch's meta device. Raises ResourceError without torch."""
    try:
        from cleanplate.models.flow.loading import parameters, shapes
    except ImportError as error:
        raise missing_extra(error.name or "torch", "learned") from error
    return {
        "parameters": sum(map(prod, parameters().values())),
        "by_branch": {},
        "limits": {"iterations": ITERATIONS, "least_side": LEAST_SIDE, "stride": STRIDE},
        "tensors": [{"name": name, "shape": shape} for name, shape in shapes().items()],
    }
