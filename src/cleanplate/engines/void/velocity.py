"""Asks diffusers' CogVideoX transformer for a window's velocity, with classifier-free guidance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor

from cleanplate.engines.void.conditioning import model_input
from cleanplate.engines.void.sampler import Moment
from cleanplate.engines.void.sparing import NOTHING, Sparing
from cleanplate.models.tokens.memory import Memory, Share


class Rotary(Protocol):
    """Where a window's tokens are told to be."""

    def __call__(self, frames: int, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines for latents of this size."""
        ...


class Velocity:
    """Implements `sampler.Ask`; what comes out is put together in float32.

    Args:
        transformer: diffusers' model, or anything called as it is; where there is sparing, a `VoidTransformer`.
        rotary: see `models.void.rotary`.
        text_1SD: the encoded description of the scene after removal.
        negative_1SD: what guidance leads away from; needed where there is guidance.
        guidance: scale of classifier-free guidance (Ho and Salimans, arXiv 2207.12598); 1 asks once, without it.
        dtype: in which the transformer computes.
        batched: both questions go through the transformer together, the negative one first.
        sparing: what is not computed at every step; None computes everything.

    Raises:
        ValueError: guidance without a negative text.
    """

    def __init__(
        self,
        transformer: Any,
        rotary: Rotary,
        text_1SD: Tensor,
        negative_1SD: Tensor | None = None,
        *,
        guidance: float = 1.0,
        dtype: torch.dtype = torch.float32,
        batched: bool = False,
        sparing: Sparing | None = None,
    ) -> None:
        if guidance > 1 and negative_1SD is None:
            raise ValueError("guidance leads away from a negative text; there is none")
        self._transformer, self._rotary, self._guidance, self._dtype = transformer, rotary, guidance, dtype
        self._text, self._negative, self._batched, self._sparing = text_1SD, negative_1SD, batched, sparing
        self._places: dict[tuple[int, int, int], tuple[Tensor, Tensor]] = {}

    def __call__(self, noisy_1FCHW: Tensor, known_1FCHW: Tensor, time: int, moment: Moment) -> Tensor:
        """See `sampler.Ask`."""
        given = model_input(noisy_1FCHW, known_1FCHW).to(self._dtype)
        if self._sparing is None:
            return self._guided(given, time)
        return self._sparing.velocity(moment, partial(self._guided, given, time))

    def _guided(
        self, given: Tensor, time: int, shares: Mapping[str, Share] = NOTHING, memories: Sequence[Memory] = ()
    ) -> Tensor:
        """Of the questions together, each with a memory of its own."""
        if self._negative is None or self._guidance <= 1:
            return self._asked(given, self._text, time, shares, memories[:1])
        if self._batched:
            texts = torch.cat((self._negative, self._text))
            unwanted, wanted = self._asked(torch.cat((given, given)), texts, time, shares, memories[:1]).chunk(2)
        else:
            unwanted = self._asked(given, self._negative, time, shares, memories[:1])
            wanted = self._asked(given, self._text, time, shares, memories[1:])
        return unwanted + self._guidance * (wanted - unwanted)

    def _asked(
        self,
        given_BFCHW: Tensor,
        text_BSD: Tensor,
        time: int,
        shares: Mapping[str, Share],
        memories: Sequence[Memory],
    ) -> Tensor:
        more = {"shares": shares, "memory": memories[0]} if shares else {}
        answer: Tensor = self._transformer(
            hidden_states=given_BFCHW,
            encoder_hidden_states=text_BSD.to(given_BFCHW),
            timestep=torch.full((len(given_BFCHW),), time, device=given_BFCHW.device),
            image_rotary_emb=self._placed(given_BFCHW),
            return_dict=False,
            **more,
        )[0]
        return answer.float()

    def _placed(self, given_BFCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Positions begin at 0 in every window, so that windows of a size share them."""
        _, frames, _, rows, columns = given_BFCHW.shape
        if (frames, rows, columns) not in self._places:
            cosines, sines = self._rotary(frames, rows, columns)
            self._places[frames, rows, columns] = cosines.to(given_BFCHW.device), sines.to(given_BFCHW.device)
        return self._places[frames, rows, columns]
