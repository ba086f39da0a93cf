"""What the sampler is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from cleanplate.models.sparse.region import Region

Videos = dict[str, Tensor]
"""By branch, B x C x T x H x W."""


@dataclass(frozen=True)
class Known:
    """What is known of one branch.

    Attributes:
        latents_BCTHW: the clean latents; anything where nothing is known.
        where_THW: bool.
    """

    latents_BCTHW: Tensor
    where_THW: Tensor


@dataclass(frozen=True)
class Question:
    """What the model is asked.

    Attributes:
        text_BSD: the encoded instruction; None for a model that reads none.
        negative_BSD: what guidance leads away from: the encoded negative text, or that of no words.
        conditions: latents by name, see `Mixture`.
        known: by branch.
        region: the tokens that matter; needed for an economy.
        content_THW: latents where something must come out; None is everywhere.
    """

    text_BSD: Tensor | None
    negative_BSD: Tensor | None = None
    conditions: Mapping[str, Tensor] = field(default_factory=dict)
    known: Mapping[str, Known] = field(default_factory=dict)
    region: Region | None = None
    content_THW: Tensor | None = None
