"""What can be told of VOID, by counting: the same words as of any other model."""

from __future__ import annotations

from math import prod
from typing import Any

from cleanplate.errors import missing_extra
from cleanplate.models.catalogue.table import PARTS
from cleanplate.models.catalogue.voids import CODEC, TEXT, Void
from cleanplate.models.void.config import STRIDE, VoidConfig


def row(void: Void) -> dict[str, Any]:
    """Of the table. Neither torch nor the hub's client is needed."""
    return {
        "summary": void.summary,
        "stated_billions": void.parameters,
        "weights": void.passes[1].repository,
        "starts_from": f"{void.base.repository}/{void.base.folder}",
        "licence": void.passes[1].licence,
    }


def counted(void: Void) -> dict[str, Any]:
    """Of either pass, on torch's meta device. Raises ResourceError without torch or diffusers."""
    config, shapes = void.config, _shapes(void.config)
    return {
        "parameters": sum(map(prod, shapes.values())),
        "by_branch": {},
        "passes": {str(number): weights.folder for number, weights in void.passes.items()},
        "codec": {"name": CODEC, "licence": PARTS[CODEC][0].licence, "stride": STRIDE, "channels": config.channels},
        "text_encoder": {"name": TEXT, "licence": PARTS[TEXT][0].licence, "channels": config.text_dim},
        "prediction": "velocity",
        "limits": void.limits.model_dump() | {"multiple_of": void.multiple},
        "tensors": [{"name": name, "shape": shape} for name, shape in shapes.items()],
    }


def _shapes(config: VoidConfig) -> dict[str, tuple[int, ...]]:
    try:
        from cleanplate.models.void.transformer import skeleton
        from cleanplate.models.weights.fit import shapes_of
    except ImportError as error:
        raise missing_extra(error.name or "torch", "learned") from error
    return shapes_of(skeleton(config))
