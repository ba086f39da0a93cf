"""What a folder of weights is, by its config, and whether its tensors are that model's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cleanplate.errors import InputError, missing_extra
from cleanplate.models.catalogue.written import is_ours, read_system
from cleanplate.models.codecs.shape import AUTOENCODER
from cleanplate.models.finding.shape import FINDER
from cleanplate.models.flow import layouts as flows
from cleanplate.models.mixture.config import MixtureConfig, plain
from cleanplate.models.placing.shape import PLACER
from cleanplate.models.text.encoder import imported
from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.layouts import layout_of
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.fit import Shape, differences, shapes_of, wanted

_AUTOENCODERS = ("AutoencoderKLWan", "AutoencoderKLCogVideoX")
_REMEDY = "Fetch it again."


def structural(path: Path, config: MixtureConfig | VoidConfig | None = None) -> Iterator[str]:
    """A sentence for everything that is missing, left over, or of another shape. Only headers are read.

    Args:
        path: a file, or a folder with a transformer, a codec, a text encoder or a tokenizer.
        config: the transformer that it should hold, of one branch or VOID's; None takes any that its tensors fit.

    Raises:
        InputError: half a download, a pickle, or no model that is known.
        ResourceError: torch, diffusers or transformers is not installed.
    """
    said = _said(path)
    if not said and any((path / name).is_file() for name in ("tokenizer.json", "spiece.model", "vocab.txt")):
        return
    shapes = Checkpoint.open(path).shapes
    yield from differences(shapes, _needed(path, said, shapes, config))


def _needed(
    path: Path, said: dict[str, Any], shapes: Mapping[str, Shape], config: MixtureConfig | VoidConfig | None
) -> dict[str, Shape | None]:
    from cleanplate.models.mixture import wan
    from cleanplate.models.mixture.model import skeleton

    if is_ours(path):
        return dict(shapes_of(skeleton(read_system(path).transformer)))
    if said.get("_class_name") in _AUTOENCODERS or said.get("format") in (AUTOENCODER, PLACER, FINDER):
        return _part(path, said)
    if "model_type" in said:
        return _text_encoder(path, said, shapes)
    if isinstance(config, VoidConfig) or layout_of(shapes):
        return _void(path, shapes, config if isinstance(config, VoidConfig) else None)
    if flow := flows.layout_of(shapes):
        return _flow(shapes, flow)
    layout = wan.layout_of(shapes)
    if layout is None:
        raise InputError("this is no model that we know", where=str(path), remedy="Name another.")
    try:
        config = config or plain(heads=1, **wan.geometry(shapes, layout))
    except KeyError as error:
        raise InputError(f"the weights lack {error.args[0]}", where=str(path), remedy=_REMEDY) from error
    return wanted(wan.targets(config, layout), shapes_of(skeleton(config)))


def _void(path: Path, shapes: Mapping[str, Shape], config: VoidConfig | None) -> dict[str, Shape | None]:
    from cleanplate.models.void import transformer

    told, layout = transformer.told(shapes, path)
    return transformer.needed(config or told, layout)


def _flow(shapes: Mapping[str, Shape], layout: flows.Layout) -> dict[str, Shape | None]:
    from cleanplate.models.flow.loading import needed

    return needed(shapes, layout)


def _part(path: Path, said: dict[str, Any]) -> dict[str, Shape | None]:
    """An autoencoder, a placer or a finder of ours, or an autoencoder of diffusers'."""
    import torch

    from cleanplate.models.codecs import nano
    from cleanplate.models.finding import finder
    from cleanplate.models.placing import placer
    from cleanplate.models.weights.described import Kind, described

    if "_class_name" not in said:
        kinds: tuple[Kind[Any, Any], ...] = (nano.KIND, placer.KIND, finder.KIND)
        return dict(shapes_of(next(described(kind, path) for kind in kinds if kind.format == said["format"])))
    try:
        import diffusers
    except ImportError as error:
        raise missing_extra(error.name or "diffusers", "learned") from error
    with torch.device("meta"):
        return dict(shapes_of(getattr(diffusers, said["_class_name"]).from_config(said)))


def _text_encoder(path: Path, said: dict[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Shape | None]:
    """Tied tensors lie in a file once, under either name."""
    import torch

    transformers = imported()
    kinds = {"umt5": "UMT5EncoderModel", "t5": "T5EncoderModel", "bert": "BertModel"}
    if said["model_type"] not in kinds:
        raise InputError(f"we read no text with a '{said['model_type']}'", where=str(path), remedy="Name another.")
    kind = getattr(transformers, kinds[said["model_type"]])
    with torch.device("meta"):
        model = kind(kind.config_class.from_dict(said))
    needed: dict[str, Shape | None] = dict(shapes_of(model))
    for name, other in (model._tied_weights_keys or {}).items():
        if (name in shapes) != (other in shapes):
            del needed[other if name in shapes else name]
    return needed


def _said(path: Path) -> dict[str, Any]:
    """A folder's config.json; empty where there is none."""
    file = path / "config.json"
    if path.is_file() or not file.is_file():
        return {}
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("this is no config of a model", where=str(file), remedy=_REMEDY) from error
    return said if isinstance(said, dict) else {}
