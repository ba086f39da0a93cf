"""Not every token at every step: those that cannot show are context, and a few steps old.

At every few steps a window is computed whole. In the steps between, only the tokens of the region are, with a ring
round it; they look at the keys and values that text and context had in the last whole step (decision 025). Outside the
region the velocity stays what it was then: nothing of it is delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.engines.void.sampler import Moment
from cleanplate.engines.void.windows import Window
from cleanplate.masks.labels import KEEP, Labels
from cleanplate.models.sparse.economy import Economy, Phase
from cleanplate.models.sparse.region import Region, grown, indices
from cleanplate.models.sparse.shelf import Shelf
from cleanplate.models.tokens.memory import Memory, Share, in_copy
from cleanplate.models.void.config import PATCH, SAMPLES, STRIDE
from cleanplate.models.void.joint import TEXT, VIDEO

NOTHING: Mapping[str, Share] = MappingProxyType({})
"""Shares that leave nothing out and keep nothing."""
_CONTEXT, _WORDS = "context", "words"
_QUESTIONS = 2


@dataclass(frozen=True)
class Tokens:
    """Those of a window, as indices.

    Attributes:
        edited: computed at every step.
        context: looked at besides.
        rest: neither; computed with the others in whole steps alone.
    """

    edited: Tensor
    context: Tensor
    rest: Tensor

    @staticmethod
    def of(edited_THW: Tensor, economy: Economy) -> Tokens:
        """From those of the region with its ring. Raises ValueError where there are none."""
        region = Region.of(edited_THW, replace(economy, ring=0, ring_frames=0))
        left = torch.ones(edited_THW.numel(), dtype=torch.bool, device=edited_THW.device)
        left[region.edited] = left[region.context] = False
        return Tokens(region.edited, region.context, indices(left))

    def shares(self, phase: Phase) -> dict[str, Share]:
        """What of text and video takes part in a call."""
        if phase is Phase.FRESH:
            kept = slice(len(self.edited), len(self.edited) + len(self.context))
            asked = torch.cat((self.edited, self.context, self.rest))
            return {TEXT: Share(stored={_WORDS: slice(None)}), VIDEO: Share(asked, {_CONTEXT: kept})}
        return {TEXT: Share(self.edited[:0], recalled=(_WORDS,)), VIDEO: Share(self.edited, recalled=(_CONTEXT,))}

    def inside(self, like_1FCHW: Tensor) -> Tensor:
        """Latents of the tokens edited, 1 x F x 1 x H x W bool."""
        _, frames, _, rows, columns = like_1FCHW.shape
        tokens = torch.zeros(frames * rows * columns // SAMPLES, dtype=torch.bool, device=self.edited.device)
        tokens[self.edited] = True
        there = tokens.view(frames // PATCH[0], rows // PATCH[1], columns // PATCH[2])
        for axis, times in enumerate(PATCH):
            there = there.repeat_interleave(times, dim=axis)
        return there[None, :, None]


class Guided(Protocol):
    """Asks the transformer for a window's velocity."""

    def __call__(self, shares: Mapping[str, Share] = NOTHING, memories: Sequence[Memory] = ()) -> Tensor:
        """1 x F x C x H x W; a memory for each question."""
        ...


class Sparing:
    """What outlives a call of a window: keys and values by question, and the velocity outside the region.

    Args:
        windows: the tokens of each, see `tokens_of`; None where everything is computed at every step.
        economy: how often a window is computed whole, and how much of it is kept as context.
        folder: where keys and values lie, mapped into memory; None keeps them where the transformer computes.

    Raises:
        ValueError: an economy that freezes, for which there is no other branch to go on.
    """

    def __init__(self, windows: Sequence[Tokens | None], economy: Economy, folder: Path | None = None) -> None:
        if economy.freeze < 1:
            raise ValueError("the video is the only branch: it cannot be frozen")
        self._windows, self._economy, self._folder = windows, economy, folder
        self._memories: dict[int, list[Memory]] = {}
        self._held: dict[int, Tensor] = {}

    def velocity(self, moment: Moment, guided: Guided) -> Tensor:
        """Of a window at a moment.

        Raises:
            KeyError: the run did not begin at a step at which windows are computed whole.
        """
        window, tokens = moment.window, self._windows[moment.window]
        if tokens is None:
            return guided()
        memories = self._memories.setdefault(window, [self._memory(window, number) for number in range(_QUESTIONS)])
        phase = self._economy.phase(moment.step, moment.steps)
        if phase is Phase.FRESH:
            self._held[window] = guided(tokens.shares(phase), memories)
            return self._held[window]
        held = self._held[window]
        return torch.where(tokens.inside(held), guided(tokens.shares(phase), memories), held)

    def _memory(self, window: int, question: int) -> Memory:
        return Memory(in_copy if self._folder is None else Shelf(self._folder / f"{window}-{question}"))


def may_change(labels: Iterable[Labels], frames: int) -> Tensor:
    """Tokens of which any pixel may change, T x H x W bool.

    Args:
        labels: the quadmask of a padded clip on the model's grid, frame by frame.
        frames: of the clip.
    """
    tokens: Tensor | None = None
    step = STRIDE[1] * PATCH[1], STRIDE[2] * PATCH[2]
    for number, label in zip(range(frames), labels, strict=True):
        changed = functional.max_pool2d(torch.from_numpy(label != KEEP)[None].float(), step)[0] > 0
        if tokens is None:
            tokens = torch.zeros((_token(frames - 1) + 1, *changed.shape), dtype=torch.bool)
        tokens[_token(number)] |= changed
    if tokens is None:
        raise ValueError("a clip has frames")
    return tokens


def tokens_of(changing_THW: Tensor, windows: Iterable[Window], economy: Economy) -> tuple[Tokens | None, ...]:
    """By window; None where nothing may change.

    Args:
        changing_THW: see `may_change`; on the device of the transformer.
        windows: over the clip's latents.
    """
    ringed = grown(changing_THW, economy.ring, economy.ring_frames)
    parts = [ringed[window.start // PATCH[0] : window.stop // PATCH[0]] for window in windows]
    return tuple(Tokens.of(part, economy) if part.any() else None for part in parts)


def _token(frame: int) -> int:
    """In time: the first frame has a latent to itself, and two latents make a token."""
    return -(-frame // STRIDE[0]) // PATCH[0]
