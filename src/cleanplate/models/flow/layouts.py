"""The two layouts in which RAFT's weights are published: torchvision's names, which are ours, and those of its authors.

The authors' checkpoints (`raft-things` and its kin) hold the same tensors. Some are in them twice, and every name may
begin with `module.`, left there by training on several accelerators. Read without torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Layout = Literal["torchvision", "princeton"]
_SEVERAL = "module."
_MARKS: Mapping[str, Layout] = {
    "update_block.motion_encoder.convcorr1.0.weight": "torchvision",
    "update_block.encoder.convc1.weight": "princeton",
}
_TWICE = re.compile(r"cnet\.layer\d\.0\.norm3\.")
"""The norm of a projection, which is in the projection, too."""
_RENAMED: tuple[tuple[str, str], ...] = (
    (r"fnet\.", "feature_encoder."),
    (r"cnet\.", "context_encoder."),
    (r"(\w+_encoder)\.conv1\.", r"\1.convnormrelu.0."),
    (r"(\w+_encoder)\.norm1\.", r"\1.convnormrelu.1."),
    (r"(\w+_encoder)\.conv2\.", r"\1.conv."),
    (r"(\w+_encoder\.layer\d\.\d)\.conv(\d)\.", r"\1.convnormrelu\2.0."),
    (r"(\w+_encoder\.layer\d\.\d)\.norm(\d)\.", r"\1.convnormrelu\2.1."),
    (r"update_block\.encoder\.convc(\d)\.", r"update_block.motion_encoder.convcorr\1.0."),
    (r"update_block\.encoder\.convf(\d)\.", r"update_block.motion_encoder.convflow\1.0."),
    (r"update_block\.encoder\.conv\.", "update_block.motion_encoder.conv.0."),
    (r"update_block\.gru\.conv([zrq])(\d)\.", r"update_block.recurrent_block.convgru\2.conv\1."),
    (r"update_block\.mask\.0\.", "mask_predictor.convrelu.0."),
    (r"update_block\.mask\.2\.", "mask_predictor.conv."),
)
"""From the authors' names to ours, one after another, each from the name's beginning."""


def layout_of(names: Iterable[str]) -> Layout | None:
    """The layout of a checkpoint; None where it is none of RAFT, the large one."""
    plain = {name.removeprefix(_SEVERAL) for name in names}
    return next((layout for mark, layout in _MARKS.items() if mark in plain), None)


def targets(names: Iterable[str], layout: Layout) -> dict[str, tuple[str, ...]]:
    """By name in a checkpoint, the names of ours that its tensor gets: one, or none where it is there twice."""
    return {name: _homes(name.removeprefix(_SEVERAL), layout) for name in names}


def _homes(name: str, layout: Layout) -> tuple[str, ...]:
    if layout == "torchvision":
        return (name,)
    if _TWICE.match(name):
        return ()
    for theirs, ours in _RENAMED:
        name = re.sub(f"^{theirs}", ours, name)
    return (name,)
