"""What the clean latents are, by one step's prediction.

Everything is told in clean latents, since that is where parts can be put together: tokens that were computed now, those
left as they were thought of before, and what is known (the head of a window that continues another; the plate round the
region). What is known stays on its own straight path: every step finds it at that step's noise level.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.flow import as_clean
from cleanplate.models.sampling.question import Question, Videos
from cleanplate.models.sampling.settings import Prediction, Sampling
from cleanplate.models.sparse.residuals import Residuals
from cleanplate.models.tokens.memory import Memory, Share
from cleanplate.models.tokens.patches import Grid, grid_of, repeated

_QUESTIONS = ("text", "negative", "both")


class Guess:
    """Asks the model step after step; remembers keys and values, and what it last thought.

    Args:
        like: by branch, a tensor of the latents' shape and kind.

    Attributes:
        calls: of the model so far.
    """

    def __init__(
        self,
        model: Mixture,
        like: Mapping[str, Tensor],
        question: Question,
        settings: Sampling,
        *,
        prediction: Prediction,
    ) -> None:
        self._model, self._question, self._settings, self._prediction = model, question, settings, prediction
        self._clean = {name: torch.zeros_like(video) for name, video in like.items()}
        self.calls = 0
        self._memories = {who: Memory() for who in _QUESTIONS}
        cache = settings.cache
        self._residuals = {} if cache is None else {who: Residuals(cache) for who in _QUESTIONS}

    @property
    def skipped(self) -> int:
        """Calls of the model so far in which blocks were left out."""
        return sum(residuals.skipped for residuals in self._residuals.values())

    def at(self, step: int, at: Videos, time: float, level: float) -> Videos:
        """The clean latents of every branch.

        Args:
            at: the noisy latents.
            time: what the model is told.
            level: of their noise, 0..1.
        """
        shares = self._shares(step)
        answered = self._guided(step, at, time, shares)
        for name, predicted in answered.items():
            clean = as_clean(predicted, at[name], level, self._prediction)
            share = shares.get(name)
            if share is not None and share.asked is not None:
                clean = torch.where(self._latents_of(share.asked, clean), clean, self._clean[name])
            self._clean[name] = clean
        for name, known in self._question.known.items():
            self._clean[name] = torch.where(known.where_THW, known.latents_BCTHW, self._clean[name])
        return dict(self._clean)

    def _shares(self, step: int) -> dict[str, Share]:
        economy, region = self._settings.economy, self._question.region
        if economy is None or region is None:
            return {}
        return region.shares(tuple(self._clean), economy.phase(step, self._settings.steps))

    def _guided(self, step: int, at: Videos, time: float, shares: dict[str, Share]) -> Videos:
        """Classifier-free guidance (Ho and Salimans, arXiv 2207.12598), in the steps that have it."""
        question, negative = self._question, self._question.negative_BSD
        if negative is None or question.text_BSD is None or not self._settings.guides(step):
            if self._settings.batched and step and self._settings.guides(step - 1):
                self._take_apart(len(next(iter(at.values()))))
            return self._asked("text", at, time, question.text_BSD, shares)
        if self._settings.batched:
            both = self._asked(
                "both",
                {name: torch.cat((video, video)) for name, video in at.items()},
                time,
                torch.cat((question.text_BSD, negative)),
                shares,
            )
            pairs = {name: video.chunk(2) for name, video in both.items()}
        else:
            wanted = self._asked("text", at, time, question.text_BSD, shares)
            unwanted = self._asked("negative", at, time, negative, shares)
            pairs = {name: (wanted[name], unwanted[name]) for name in wanted}
        return {name: no + self._settings.guidance * (yes - no) for name, (yes, no) in pairs.items()}

    def _take_apart(self, clips: int) -> None:
        """From now on the text is asked alone; it goes on from what both knew."""
        self._memories["text"] = self._memories["both"].part(slice(0, clips))
        if self._residuals:
            self._residuals["text"] = self._residuals["both"].part(slice(0, clips))

    def _asked(self, who: str, at: Videos, time: float, text_BSD: Tensor | None, shares: dict[str, Share]) -> Videos:
        first = next(iter(at.values()))
        clips = len(first)
        kind = next(self._model.parameters()).dtype
        videos = {name: video.to(kind) for name, video in at.items()}
        conditions = {
            name: torch.cat([video.to(kind)] * (clips // len(video)))
            for name, video in self._question.conditions.items()
        }
        times = torch.full((clips,), time, device=first.device)
        self.calls += 1
        answered = self._model(
            videos,
            times,
            None if text_BSD is None else text_BSD.to(kind),
            conditions,
            shares=shares,
            memory=self._memories[who],
            residuals=self._residuals.get(who),
        )
        return {name: video.float() for name, video in answered.items()}

    def _latents_of(self, asked: Tensor, like: Tensor) -> Tensor:
        """Which latents belong to the tokens; T x H x W bool."""
        patch: Grid = self._model.config.patch
        grid = grid_of(like, patch)
        tokens = torch.zeros(grid[0] * grid[1] * grid[2], dtype=torch.bool, device=like.device)
        tokens[asked] = True
        return repeated(tokens.view(grid), patch)
