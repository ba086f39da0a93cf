"""What checkpoints of VOID call their tensors.

The published files, their base and diffusers have one set of names. The repack for ComfyUI renames, and changes nothing
else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Literal

Layout = Literal["diffusers", "comfy"]

_MARKS: Mapping[Layout, str] = MappingProxyType(
    {"diffusers": "transformer_blocks.0.norm1.linear.weight", "comfy": "blocks.0.norm1.linear.weight"}
)
"""A tensor that only this layout has."""
_BLOCK = re.compile(r"transformer_blocks\.(\d+)\.(.+)\.(weight|bias)")
_THEIR_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)\.(weight|bias)")
_MODULES = {
    "attn1.to_q": "q",
    "attn1.to_k": "k",
    "attn1.to_v": "v",
    "attn1.to_out.0": "attn_out",
    "attn1.norm_q": "norm_q",
    "attn1.norm_k": "norm_k",
    "ff.net.0.proj": "ff_proj",
    "ff.net.2": "ff_out",
}
"""Of a block, as diffusers and as ComfyUI name them; both have one name for its other modules."""
_THEIR_MODULES = {theirs: ours for ours, theirs in _MODULES.items()}


def layout_of(names: Collection[str]) -> Layout | None:
    """Whose names these are, or None where they are not those of a CogVideoX transformer."""
    if "patch_embed.text_proj.weight" not in names:
        return None
    return next((layout for layout, mark in _MARKS.items() if mark in names), None)


def spelled(name: str, layout: Layout) -> str:
    """Diffusers' name of a tensor, as a layout has it."""
    if layout == "comfy":
        name = name.replace("time_embedding.linear_", "time_embedding_linear_")
        if found := _BLOCK.fullmatch(name):
            return f"blocks.{found[1]}.{_MODULES.get(found[2], found[2])}.{found[3]}"
    return name


def plainly(name: str, layout: Layout) -> str:
    """A layout's name of a tensor, as diffusers has it."""
    if layout == "comfy":
        name = name.replace("time_embedding_linear_", "time_embedding.linear_")
        if found := _THEIR_BLOCK.fullmatch(name):
            return f"transformer_blocks.{found[1]}.{_THEIR_MODULES.get(found[2], found[2])}.{found[3]}"
    return name
