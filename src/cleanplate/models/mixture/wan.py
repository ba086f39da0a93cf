"""What Wan2.1's checkpoints call their tensors, and where each goes in a mixture.

Two layouts are known: that of the Wan2.1 repository, and that of diffusers. They differ in names alone; note that
the norm before the cross-attention is `norm3` in the one and `norm2` in the other. The norms without weights have no
tensors in either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cleanplate.models.mixture.config import Branch, MixtureConfig

Targets = Mapping[str, tuple[str, ...]]
"""By name in the checkpoint: the names in the mixture that take a copy of it."""

_SHARED = {
    "text_embedder.linear_1": ("text_embedding.0", "condition_embedder.text_embedder.linear_1"),
    "text_embedder.linear_2": ("text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    "time_embedder.linear_1": ("time_embedding.0", "condition_embedder.time_embedder.linear_1"),
    "time_embedder.linear_2": ("time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    "time_projection": ("time_projection.1", "condition_embedder.time_proj"),
}
"""Our module, and its name in the original layout and in that of diffusers."""
_ATTENTION = {
    "to_q": ("q", "to_q"),
    "to_k": ("k", "to_k"),
    "to_v": ("v", "to_v"),
    "to_out": ("o", "to_out.0"),
    "norm_q": ("norm_q", "norm_q"),
    "norm_k": ("norm_k", "norm_k"),
}
_TOWER = {
    **{f"attention.{ours}": (f"self_attn.{o}", f"attn1.{d}") for ours, (o, d) in _ATTENTION.items()},
    "feed_forward.linear_1": ("ffn.0", "ffn.net.0.proj"),
    "feed_forward.linear_2": ("ffn.2", "ffn.net.2"),
}
_TEXT_NORM = ("norm3", "norm2")
_TEXT = {ours: (f"cross_attn.{o}", f"attn2.{d}") for ours, (o, d) in _ATTENTION.items()}
ORIGINAL, DIFFUSERS = 0, 1
_MARKS = ("head.modulation", "condition_embedder.time_proj.weight")
"""A tensor that only the one layout has, and one that only the other has."""


def layout_of(names: Collection[str]) -> int | None:
    """ORIGINAL, DIFFUSERS, or None for a checkpoint that is no Wan transformer."""
    return next((layout for layout, mark in enumerate(_MARKS) if mark in names), None)


def geometry(shapes: Mapping[str, tuple[int, ...]], layout: int) -> dict[str, Any]:
    """What the tensors tell of the config of a transformer of one branch. They do not tell heads.

    Raises KeyError for a tensor that is missing.
    """
    dim, channels, *patch = shapes["patch_embedding.weight"]
    blocks = [int(name.split(".")[1]) for name in shapes if name.startswith("blocks.")]
    return {
        "dim": dim,
        "layers": max(blocks, default=0) + 1,
        "ffn_dim": shapes[f"blocks.0.{_TOWER['feed_forward.linear_1'][layout]}.weight"][0],
        "channels": channels,
        "patch": tuple(patch),
        "text_dim": shapes[f"{_SHARED['text_embedder.linear_1'][layout]}.weight"][1],
        "frequency_dim": shapes[f"{_SHARED['time_embedder.linear_1'][layout]}.weight"][1],
    }


def targets(config: MixtureConfig, layout: int) -> Targets:
    """Where every tensor of a Wan2.1 text-to-video checkpoint goes; to nowhere if no branch reads the text."""
    table: dict[str, tuple[str, ...]] = {}
    for ours, theirs in _SHARED.items():
        table |= _module(theirs[layout], [ours])
    table |= _module("patch_embedding", [f"inputs.{tower}" for tower in config.towers])
    table |= _module(("head.head", "proj_out")[layout], [f"outputs.{tower}.projection" for tower in config.towers])
    modulation = ("head.modulation", "scale_shift_table")[layout]
    table[modulation] = tuple(f"outputs.{tower}.scale_shift_table" for tower in config.towers)
    for block in range(config.layers):
        table |= _block(config, layout, f"blocks.{block}")
    return table


def untaught(config: MixtureConfig) -> frozenset[str]:
    """Names of what a mixture has and Wan has not: these stay zero until they are trained."""
    layers = {f"layer_embeddings.{branch.name}" for branch in config.branches if branch.layer_embedding}
    modules = [f"conditions.{name}" for name in config.conditions]
    modules += [f"places.{tower}" for tower in config.towers if config.waves]
    return frozenset(layers | {f"{module}.{part}" for module in modules for part in ("weight", "bias")})


def _block(config: MixtureConfig, layout: int, block: str) -> dict[str, tuple[str, ...]]:
    towers = [f"{block}.towers.{tower}" for tower in config.towers]
    reading = [branch for branch in config.branches if branch.cross_attention != "none"]
    readers = dict.fromkeys(f"{block}.towers.{config.tower(branch.name)}" for branch in reading)
    texts = dict.fromkeys(_text(config, block, branch) for branch in reading)
    modulation = ("modulation", "scale_shift_table")[layout]
    table = {f"{block}.{modulation}": tuple(f"{tower}.scale_shift_table" for tower in towers)}
    table |= _module(f"{block}.{_TEXT_NORM[layout]}", [f"{reader}.text_norm" for reader in readers])
    for modules, homes in ((_TOWER, towers), (_TEXT, texts)):
        for ours, theirs in modules.items():
            table |= _module(f"{block}.{theirs[layout]}", [f"{home}.{ours}" for home in homes])
    return table


def _text(config: MixtureConfig, block: str, branch: Branch) -> str:
    own = f"{block}.towers.{config.tower(branch.name)}.text_attention"
    return f"{block}.shared_text" if branch.cross_attention == "shared" else own


def _module(theirs: str, ours: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """A module's tensors. RMS norms have no bias."""
    homes = tuple(ours)
    parts = ("weight",) if theirs.endswith(("norm_q", "norm_k")) else ("weight", "bias")
    return {f"{theirs}.{part}": tuple(f"{home}.{part}" for home in homes) for part in parts}
