"""What can be told of a model: from the table, from a folder, and by counting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cleanplate.errors import CleanplateError
from cleanplate.models.catalogue import flow_facts as flow
from cleanplate.models.catalogue import places, shipped
from cleanplate.models.catalogue import void_facts as void
from cleanplate.models.catalogue.flows import FLOWS
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.table import MODELS, PARTS
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.catalogue.written import is_ours, read_system
from cleanplate.models.mixture.config import plain
from cleanplate.models.mixture.counting import size_of

_OURS = "Apache-2.0"
"""The licence of what starts from nobody's weights."""
_WANS_HEAD = 128
"""Channels of a head of Wan's, whatever the model's size."""


def rows() -> list[dict[str, Any]]:
    """Every row of the table. Neither torch nor the hub's client is needed."""
    voids = [{"name": name} | void.row(row) for name, row in VOIDS.items()]
    small = [{"name": name} | shipped.row(name) for name in shipped.SHIPPED if name not in MODELS]
    return [*({"name": name} | _row(name) for name in MODELS), *voids, *small, *flow.rows()]


def parts() -> list[dict[str, Any]]:
    """Codecs and text encoders that are fetched. Neither torch nor the hub's client is needed."""
    return [
        {
            "name": name,
            "weights": [f"{weights.repository}/{weights.folder}" for weights in folders],
            "licence": folders[0].licence,
        }
        for name, folders in PARTS.items()
    ]


def facts(name: str) -> dict[str, Any]:
    """A row of the table, or a model of ours or a Wan2.1 in a folder or a fetched repository: what it is, counted.

    Raises:
        UsageError, InputError, ResourceError: see `places.located`; also without torch.
    """
    if name in VOIDS and not Path(name).exists():
        row = VOIDS[name]
        return {"name": name} | void.row(row) | {"folder": _here(name)} | void.counted(row)
    if name in FLOWS and not Path(name).exists():
        return {"name": name} | flow.row(FLOWS[name]) | {"folder": _here(name)} | flow.counted()
    if name in MODELS and name not in shipped.SHIPPED and not Path(name).exists():
        known = {"name": name} | _row(name) | {"folder": _here(name)}
        system = MODELS[name].system
    else:
        folder = places.located(name)
        if name in shipped.SHIPPED:
            known = {"name": name} | (_row(name) if name in MODELS else shipped.row(name)) | {"folder": str(folder)}
            return known | _counted(read_system(folder)) | {"card": shipped.card_of(folder)}
        if not is_ours(_inside(folder)) and flow.is_flow(_inside(folder)):
            return {"name": name, "folder": str(folder)} | flow.counted()
        system = _system_in(folder)
        known = {"name": name, "folder": str(folder)}
    return known | _counted(system)


def _row(name: str) -> dict[str, Any]:
    """Of the table of mixtures, one of which may be in the package."""
    row, published = MODELS[name], None
    if name in shipped.SHIPPED:
        published = shipped.row(name)["weights"]
    elif row.weights:
        published = f"{row.weights.repository}/{row.weights.folder}"
    return {
        "summary": row.summary,
        "stated_billions": row.parameters,
        "weights": published,
        "starts_from": row.starts_from,
        "licence": row.origin.licence if row.origin else _OURS,
    }


def _here(name: str) -> str | None:
    try:
        return str(places.located(name))
    except CleanplateError:
        return None


def _system_in(folder: Path) -> System:
    """What is in a folder, told by its config, or by its tensors if it is a Wan2.1."""
    from cleanplate.models.mixture import wan
    from cleanplate.models.weights.checkpoint import Checkpoint

    inside = _inside(folder)
    if is_ours(inside):
        return read_system(inside)
    shapes = Checkpoint.open(inside).shapes
    layout = wan.layout_of(shapes)
    if layout is None:
        return read_system(inside)
    geometry = wan.geometry(shapes, layout)
    return System(transformer=plain(heads=max(1, geometry["dim"] // _WANS_HEAD), **geometry))


def _inside(folder: Path) -> Path:
    return inside if (inside := folder / "transformer").is_dir() else folder


def _counted(system: System) -> dict[str, Any]:
    size, config = size_of(system.transformer), system.transformer
    return {
        "parameters": size.parameters,
        "by_branch": dict(size.by_branch),
        "codec": _part(system.codec) | {"stride": system.stride, "channels": config.channels},
        "text_encoder": _part(system.text) | {"channels": config.text_dim},
        "prediction": system.prediction,
        "limits": system.limits.model_dump() | {"multiple_of": system.multiple},
        "tensors": [{"name": tensor.name, "shape": tensor.shape} for tensor in size.tensors],
    }


def _part(name: str) -> dict[str, Any]:
    """A codec's or text encoder's name, with its licence where it is fetched."""
    return {"name": name, "licence": PARTS[name][0].licence if name in PARTS else None}
