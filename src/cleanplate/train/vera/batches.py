"""Examples to what the model sees: through codec and text encoder, and the tokens that a sparse step computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from cleanplate.models.codecs.protocol import Codec, as_gray, latents_touched
from cleanplate.models.sparse.economy import Economy, Phase
from cleanplate.models.sparse.region import Region, grown, touched
from cleanplate.models.tokens.memory import Share
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.vera.clips import Example
from cleanplate.train.vera.objective import Latents
from cleanplate.train.vera.recipe import Recipe


class Texts(Protocol):
    """Instructions to tokens, each encoded once."""

    def of(self, texts: Sequence[str]) -> Tensor:
        """B x S x D."""
        ...


class Batcher:
    """Puts batches together.

    Args:
        device: where the model is.
    """

    def __init__(self, recipe: Recipe, codec: Codec, texts: Texts, device: torch.device) -> None:
        self._recipe, self._codec, self._texts, self._device = recipe, codec, texts, device

    @torch.no_grad()
    def latents(self, examples: Sequence[Example]) -> Latents:
        """Alpha and the mask go through the codec as gray videos."""
        alpha = self._unit([example.alpha for example in examples])
        blank = torch.zeros_like(examples[0].alpha)
        preserve = self._unit([blank if e.preserve is None else e.preserve for e in examples])
        return Latents(
            clean={
                "edit": self._codec.encode(self._signed([example.edit for example in examples])),
                "alpha": self._codec.encode(as_gray(alpha)),
                "composite": self._codec.encode(self._signed([example.composite for example in examples])),
            },
            conditions={
                "source": self._codec.encode(self._signed([example.source for example in examples])),
                "preserve": self._codec.encode(as_gray(preserve)),
            },
            present={
                "preserve": torch.tensor([example.preserve is not None for example in examples], device=self._device)
            },
            text_BSD=self._texts.of([example.text for example in examples]).to(self._device),
            positions=[example.position for example in examples],
        )

    def shares(self, examples: Sequence[Example], step: int) -> dict[str, Share] | None:
        """What a sparse step computes; None for a step that computes everything.

        Which steps these are is the same on every process; which tokens hangs on the process's own clips.
        """
        sparse, random = self._recipe.sparse, drawn(self._recipe.seed, Purpose.STEP, step)
        if random.random() >= sparse.part:
            return None
        changed = torch.stack([example.alpha for example in examples]).amax(dim=0) > 0
        system = self._recipe.system
        tokens = touched(latents_touched(changed, system.stride), system.transformer.patch)
        if not tokens.any():
            return None
        near = None if random.random() < sparse.whole else sparse.near
        region = grown(tokens, int(random.integers(sparse.grow + 1)))
        shares = Region.of(region.to(self._device), Economy(ring=0, ring_frames=0, near=near)).shares(
            tuple(branch.name for branch in system.transformer.branches), Phase.FRESH
        )
        return {name: Share(share.asked) for name, share in shares.items()}

    def _unit(self, levels: Sequence[Tensor]) -> Tensor:
        """B x T x H x W in 0..1."""
        return torch.stack(list(levels)).to(self._device).float() / 255

    def _signed(self, videos: Sequence[Tensor]) -> Tensor:
        """B x 3 x T x H x W in -1..1."""
        return torch.stack(list(videos)).to(self._device).float() / 127.5 - 1
