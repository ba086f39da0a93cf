"""From a model's name or folder to what runs: the transformer, its codec and its text encoder.

A folder of ours has config.json and safetensors, and may have `vae`, `text_encoder` and `tokenizer` beside them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path

import torch

from cleanplate.errors import InputError
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.shipped import CODEC, FINDER, PLACER
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.table import MODELS
from cleanplate.models.catalogue.written import no_editor
from cleanplate.models.codecs import nano, wan
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.finding import finder
from cleanplate.models.finding.finder import Finder
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.placing import placer
from cleanplate.models.placing.placer import Placer
from cleanplate.models.store.loading import is_wan, load
from cleanplate.models.text import minilm, umt5, words
from cleanplate.models.text.cache import CachedEncoder, Identity
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.models.text.words import WordEncoder
from cleanplate.models.weights.checkpoint import Checkpoint
from cleanplate.models.weights.digests import fingerprint


def transformer_of(name: str | Path, dtype: torch.dtype | None = None) -> tuple[Mixture, System]:
    """A model of ours: the folder, or the row or repository whose weights were fetched. On the CPU.

    Args:
        name: as the user gives it.
        dtype: of the weights; None keeps what is stored.

    Raises:
        InputError: no such weights, a pickle, half a download, another model's, or Wan2.1's, which were never trained
            to edit.
        UsageError, ResourceError: see `places.located`.
    """
    if name in MODELS and not MODELS[str(name)].edits:
        raise no_editor(name)
    folder = places.located(name)
    if folder.is_file() and is_wan(folder):
        raise no_editor(folder)
    return load(folder, dtype)


def codec_of(
    system: System,
    where: Path | None = None,
    *,
    dtype: torch.dtype = torch.float32,
    tile: int | None = None,
    device: str | None = None,
) -> Codec:
    """A system's codec.

    Args:
        where: the transformer's folder; a codec beside its weights is preferred.
        dtype, tile, device: see `codecs.wan.load`; None is the CPU.

    Raises:
        InputError: it is not on this machine, does not load, or does not fit the system.
        ResourceError: diffusers or the hub's client is not installed.
    """
    if system.codec == "pixel":
        return PixelCodec(system.stride)
    (folder,) = places.part(system.codec, where)
    codec: Codec = nano.load(folder, device) if system.codec == CODEC else wan.load(folder, dtype, tile, device)
    if (codec.stride, codec.channels) != (system.stride, system.transformer.channels):
        raise InputError(
            f"this codec makes {codec.channels} channels with a stride of {codec.stride}; "
            f"the model wants {system.transformer.channels} and {system.stride}",
            where=str(folder),
            remedy="Name the codec that the model was trained with.",
        )
    return codec


def placer_of(system: System, where: Path | None = None) -> Placer:
    """What says where a system's close-ups go.

    Args:
        where: the transformer's folder; a placer beside its weights is preferred.

    Raises:
        InputError: it is not whole, or reads other words than the system.
    """
    (folder,) = places.part(PLACER, where)
    found = placer.load(folder)
    if (read := found.shape.text_dim) != system.transformer.text_dim:
        raise InputError(
            f"this placer reads words of {read} channels; the model's have {system.transformer.text_dim}",
            where=str(folder),
            remedy="Name the placer that the model was trained with.",
        )
    return found


def finder_of(where: Path | None = None) -> Finder:
    """What finds the things that a change of background keeps. It reads by itself, whatever the transformer reads.

    Args:
        where: the transformer's folder; a finder beside its weights is preferred.

    Raises:
        InputError: it is not whole.
    """
    return finder.load(*places.part(FINDER, where))


def text_encoder_of(
    system: System, where: Path | None = None, *, dtype: torch.dtype | None = None, device: str | None = None
) -> CachedEncoder | WordEncoder:
    """A system's text encoder. It is loaded for texts that it has not read before, and let go after them.

    Args:
        where: the transformer's folder; an encoder beside its weights is preferred.
        dtype: that it computes in; None is bfloat16 for UMT5 and float32 for MiniLM.
        device: torch device; None is the CPU.

    Raises:
        InputError: it is not on this machine, or does not fit the system.
        ResourceError: a package is not installed.
    """
    if system.text == words.NAME:
        return WordEncoder(system.transformer.text_dim)
    if system.text == "minilm":
        dtype = dtype or torch.float32
        model, tokenizer = minilm.folder(), minilm.folder()
        tokens, load = minilm.TOKENS, partial(minilm.load, dtype, device)
    else:
        dtype = dtype or torch.bfloat16
        model, tokenizer = places.part(system.text, where)
        tokens, load = umt5.TOKENS, partial(umt5.load, model, tokenizer, dtype, device)
    wanted = system.transformer.text_dim
    return cached(system.text, (model, tokenizer), load, tokens=tokens, channels=wanted, dtype=dtype)


def cached(
    name: str,
    folders: tuple[Path, Path],
    load: Callable[[], TextEncoder],
    *,
    tokens: int,
    channels: int,
    dtype: torch.dtype,
) -> CachedEncoder:
    """A text encoder that is loaded only for texts that are not on disk.

    Args:
        name, tokens: see `TextEncoder`.
        folders: of the model and of its tokenizer.
        load: loads it.
        channels: that the transformer wants.
        dtype: that it computes in.

    Raises:
        InputError: no such weights, or they make other channels.
    """
    model, tokenizer = folders
    if (made := _channels(model)) != channels:
        raise InputError(
            f"this text encoder makes {made} channels; the model wants {channels}",
            where=str(model),
            remedy="Name the text encoder that the model was trained with.",
        )
    weights = Checkpoint.open(model)
    files = [model / "config.json", *sorted(set(weights.files.values())), *_vocabulary(tokenizer)]
    nbytes = sum(map(prod, weights.shapes.values())) * dtype.itemsize
    identity = Identity(name, tokens, channels, f"{fingerprint(files)} {dtype}", nbytes)
    return CachedEncoder(identity, load, places.prompts())


def _vocabulary(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".json", ".model", ".txt"))


def _channels(folder: Path) -> int:
    """What transformers' config says of an encoder's hidden states."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return int(config["d_model"] if "d_model" in config else config["hidden_size"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise InputError(
            "this is no config of a text encoder", where=str(folder / "config.json"), remedy="Fetch it again."
        ) from error
