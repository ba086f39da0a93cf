"""From VOID's name or folder to what runs: the transformer of a pass, the codec and the text encoder.

A folder has `void_pass1.safetensors` and `void_pass2.safetensors`, or weights in folders `pass1` and `pass2`, or those
of a first pass alone; and it may have `vae`, `text_encoder` and `tokenizer` beside them.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from cleanplate.errors import InputError
from cleanplate.models.catalogue import places
from cleanplate.models.catalogue.voids import CODEC, TEXT, VOIDS
from cleanplate.models.codecs import cogvideox
from cleanplate.models.codecs.cogvideox import CogVideoXCodec
from cleanplate.models.store.mixtures import cached
from cleanplate.models.text import t5
from cleanplate.models.text.cache import CachedEncoder
from cleanplate.models.void import transformer
from cleanplate.models.void.config import PUBLISHED, STRIDE, VoidConfig
from cleanplate.models.weights.checkpoint import listed

if TYPE_CHECKING:
    from diffusers import CogVideoXTransformer3DModel

_PASS = re.compile(r"pass_?(\d)")


def weights_of(name: str | Path, number: int) -> Path:
    """The file or folder with the weights of a pass.

    Args:
        name: as the user gives it: a row of the table, a folder, a file, or a repository that was fetched. A file whose
            name has the number of a pass stands for all passes beside it.
        number: of the pass, 1 or 2.

    Raises:
        InputError: no such weights here, or several.
        UsageError, ResourceError: see `places.located`.
    """
    if name in VOIDS and not Path(name).exists():
        return places.fetched(VOIDS[str(name)].passes[number], str(name))
    where = places.located(name)
    passes = numbered(where)
    if not passes and number == 1:
        return inside if (inside := where / "transformer").is_dir() else where
    fitting = passes.get(number, [])
    if len(fitting) != 1:
        several = f"several weights of pass {number}: {listed([path.name for path in fitting])}"
        raise InputError(
            several if fitting else f"no weights of pass {number} here",
            where=str(where),
            remedy=f"Name a folder with one void_pass{number}.safetensors.",
        )
    return fitting[0]


def numbered(where: Path) -> dict[int, list[Path]]:
    """By number of a pass, the files and folders whose names have it: in a folder, or beside a file that has one."""
    if where.is_dir():
        paths = [*where.rglob("*.safetensors"), *(path for path in where.iterdir() if path.is_dir())]
    else:
        paths = [*where.parent.glob("*.safetensors")] if _PASS.search(where.stem) else []
    passes: dict[int, list[Path]] = {}
    for path in sorted(paths):
        if found := _PASS.search(path.stem):
            passes.setdefault(int(found[1]), []).append(path)
    return passes


def transformer_of(name: str | Path, number: int, dtype: torch.dtype | None = None) -> CogVideoXTransformer3DModel:
    """A pass, on the CPU, in evaluation mode.

    Args:
        name, number: see `weights_of`.
        dtype: of the weights; None keeps what is stored.

    Raises:
        InputError: see `weights_of` and `transformer.load`; of a row of the table, also another geometry than its own.
        UsageError, ResourceError: see `places.located`; also without torch or diffusers.
    """
    config = VOIDS[str(name)].config if name in VOIDS and not Path(name).exists() else None
    return transformer.load(weights_of(name, number), config, dtype)


def codec_of(
    where: Path | None = None,
    config: VoidConfig = PUBLISHED,
    *,
    dtype: torch.dtype = torch.float32,
    tile: int | None = None,
    device: str | None = None,
) -> CogVideoXCodec:
    """VOID's codec.

    Args:
        where: the folder of the transformer's weights; a codec beside them is preferred.
        config: of the transformer.
        dtype, tile, device: see `cogvideox.load`; None is the CPU.

    Raises:
        InputError: it is not on this machine, does not load, or does not fit the transformer.
        ResourceError: diffusers or the hub's client is not installed.
    """
    (folder,) = places.part(CODEC, where)
    codec = cogvideox.load(folder, dtype, tile, device)
    if (codec.stride, codec.channels) != (STRIDE, config.channels):
        raise InputError(
            f"this codec makes {codec.channels} channels with a stride of {codec.stride}; "
            f"the model wants {config.channels} and {STRIDE}",
            where=str(folder),
            remedy="Name the codec that the model was trained with.",
        )
    return codec


def text_encoder_of(
    where: Path | None = None,
    config: VoidConfig = PUBLISHED,
    *,
    dtype: torch.dtype = torch.bfloat16,
    device: str | None = None,
) -> CachedEncoder:
    """VOID's text encoder. It is loaded for texts that it has not read before, and let go after them.

    Args:
        where, config: see `codec_of`.
        dtype: that it computes in.
        device: torch device; None is the CPU.

    Raises:
        InputError: it is not on this machine, or does not fit the transformer.
        ResourceError: a package is not installed.
    """
    model, tokenizer = places.part(TEXT, where)
    load = partial(t5.load, model, tokenizer, dtype, device)
    return cached(TEXT, (model, tokenizer), load, tokens=t5.TOKENS, channels=config.text_dim, dtype=dtype)
