"""The reasoner that asks a model: look, choose, draw, ask, check, ask once more, and write the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cleanplate.errors import ReasonerError
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.progress import Progress
from cleanplate.reason.asking import kept
from cleanplate.reason.asking.chat import ChatModel, Reply, Trouble, persistently
from cleanplate.reason.asking.consent import host_of, require_consent, stays_here
from cleanplate.reason.asking.costs import Estimate, estimate, require_budget
from cleanplate.reason.asking.document import Asked, document
from cleanplate.reason.asking.moments import choose, looked_at, signals
from cleanplate.reason.asking.question import Question, question
from cleanplate.reason.asking.reading import Unusable, read
from cleanplate.reason.asking.settings import Asking
from cleanplate.reason.asking.view import View

_TOLD = 3
"""Faults told to the user."""
_LONGER = "Allow a longer answer with --reasoner-set max_tokens=N. "
_OTHERWISE = "Ask another model, go on with --fallback physics, or write it yourself: docs/how-to/reason.md."


class AskingReasoner:
    """Implements `pipeline.protocols.Reasoner` by asking a model.

    Nothing is sent before all of it is known: the question is made whole, looked up among the answers that are kept,
    weighed, and held back until the user has allowed it.
    """

    def __init__(self, model: ChatModel, settings: Asking) -> None:
        self.name = model.who.reasoner
        self._model, self._settings = model, settings

    def reason(self, clip: Clip, tracks: Sequence[Track], frames: range, folder: Path, progress: Progress) -> Reasoning:
        """The document. It names no tracks: cells say where things are.

        Raises:
            ReasonerError: no answer that can be used; it says what to do.
            InputError: no object shows on these frames.
        """
        looked = looked_at(tracks, frames)
        with progress.task("Choosing what to show", len(looked)) as tick:
            shown = choose(signals(clip, tracks, looked, tick), self._settings.frames)
        asked = Asked(
            names=tuple(track.name for track in tracks),
            view=View.of(clip.info, self._settings.side),
            length=len(clip),
            shown=shown,
            source=self._model.who.model,
        )
        put = question(clip, tracks, asked, self._settings.also, self._settings.quality)
        return self._answered(put, asked, progress)

    def _answered(self, put: Question, asked: Asked, progress: Progress) -> Reasoning:
        who = self._model.who
        key = put.key(who.reasoner, who.model, who.url or "")
        text = kept.recall(key) if self._settings.cache else None
        if text is not None:
            try:
                return document(read(text), asked)
            except Unusable:
                pass  # an older cleanplate could read it
        self._require_allowed(put)
        text, found = self._asked_twice(put, asked, progress)
        if self._settings.cache:
            kept.keep(kept.KeptAnswer(key=key, reasoner=who.reasoner, model=who.model, url=who.url, text=text))
        return found

    def _require_allowed(self, put: Question) -> None:
        """Budgets, consent, and what the model needs, in the order in which the user can do something about them."""
        url, cost = self._model.who.url, self._require_budget(put)
        if url is not None:
            require_consent(url, str(cost), allowed=self._settings.allow_upload)
        try:
            self._model.ready()
        except Trouble as trouble:
            raise ReasonerError(trouble.what, where=self._where, remedy=trouble.remedy) from trouble

    def _require_budget(self, put: Question, times: int = 1) -> Estimate:
        """What asking costs, for so many questions in money. Raises ReasonerError for what is not allowed."""
        cost = self._cost(put)
        dollars = None if cost.dollars is None else times * cost.dollars
        require_budget(replace(cost, dollars=dollars), self._settings)
        return cost

    def _asked_twice(self, put: Question, asked: Asked, progress: Progress) -> tuple[str, Reasoning]:
        """The text of the answer and the document; an answer that cannot be used is asked for once more."""
        reply = self._ask(put, progress)
        try:
            return reply.text, document(read(reply.text, cut=reply.cut), asked)
        except Unusable as unusable:
            put = put.once_more(reply.text, unusable.faults)
        self._require_budget(put, times=2)
        reply = self._ask(put, progress)
        try:
            return reply.text, document(read(reply.text, cut=reply.cut), asked)
        except Unusable as unusable:
            raise ReasonerError(
                f"the model's answer cannot be used, nor could the one before: {'; '.join(unusable.faults[:_TOLD])}",
                where=self._where,
                remedy=(_LONGER if reply.cut else "") + _OTHERWISE,
            ) from unusable

    def _ask(self, put: Question, progress: Progress) -> Reply:
        settings = self._settings
        with progress.task(f"Asking {self._model.who.model} ({self._cost(put)})") as tick:
            reply = persistently(lambda s: self._model.reply(put, settings.max_tokens, s), settings, self._where)
            tick()
        return reply

    def _cost(self, put: Question) -> Estimate:
        who = self._model.who
        return estimate(put, who, free=who.url is None or stays_here(who.url))

    @property
    def _where(self) -> str:
        who = self._model.who
        return f"{who.model} at {host_of(who.url)}" if who.url is not None else who.model
