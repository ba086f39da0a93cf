"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio, and hosted ones."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cleanplate.errors import UsageError
from cleanplate.reason.asking.chat import Answerer, Reply, Trouble, refused, too_long
from cleanplate.reason.asking.consent import host_of, stays_here
from cleanplate.reason.asking.question import Question, Shown
from cleanplate.reason.asking.reasoner import AskingReasoner
from cleanplate.reason.asking.settings import asking_of
from cleanplate.reason.asking.web import Response, post

OWN = "https://api.openai.com/v1"
KEY, OPENAI_KEY, OPENAI_URL = "CLEANPLATE_REASONER_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"
_FORMATS = ("json_schema", "json_object", "text")
"""Of an answer, the strictest first."""
_REFORMED = (400, 422)
"""Statuses by which a server says that it does not know a parameter."""


@dataclass(frozen=True)
class Dialect:
    """What a server understands of the protocol.

    Attributes:
        form: of the answer, in `_FORMATS`.
        limit: the parameter that bounds the answer.
        steady: it takes a temperature and a seed.
    """

    form: str = "json_schema"
    limit: str = "max_tokens"
    steady: bool = True

    def simpler(self, told: str) -> Dialect | None:
        """What to try after a refusal, by what the server says; None when nothing is left."""
        if too_long(told):
            return None
        if self.steady and ("temperature" in told or "seed" in told):
            return replace(self, steady=False)
        if self.limit == "max_tokens" and "max_completion_tokens" in told:
            return replace(self, limit="max_completion_tokens")
        if self.limit == "max_completion_tokens" and "max_completion_tokens" in told:
            return replace(self, limit="max_tokens")
        left = _FORMATS[_FORMATS.index(self.form) + 1 :]
        return replace(self, form=left[0]) if left else None


class OpenAiModel:
    """Implements `ChatModel`.

    Args:
        url: the server's address, up to and with ``/v1``.
        key: sent as a bearer token; None sends none.
    """

    def __init__(self, model: str, url: str, key: str | None) -> None:
        self.who = Answerer("openai", model, url)
        self._url, self._key = url, key
        self._dialect = Dialect(limit="max_completion_tokens" if url == OWN else "max_tokens")

    def ready(self) -> None:
        """A key, where the server is known to want one."""
        if self._key is None and self._url == OWN:
            raise Trouble("no key is known", remedy=f"Set {OPENAI_KEY} (or {KEY}) to your key.")

    def reply(self, question: Question, tokens: int, seconds: float) -> Reply:
        """See the protocol. A server that refuses the form of the answer is asked in a simpler one."""
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        address = f"{self._url}/chat/completions"
        while True:
            response = post(address, self._body(question, tokens), headers, seconds)
            if response.status == 200:
                return _reply(response)
            told = response.told()
            simpler = self._dialect.simpler(told) if response.status in _REFORMED else None
            if simpler is None:
                raise refused(response.status, told, response.headers, self.who.model)
            self._dialect = simpler

    def _body(self, question: Question, tokens: int) -> dict[str, Any]:
        dialect = self._dialect
        body: dict[str, Any] = {
            "model": self.who.model,
            "messages": messages(question),
            dialect.limit: tokens,
        }
        if dialect.steady:
            body |= {"temperature": 0, "seed": 0}
        if dialect.form == "json_schema":
            schema = {"name": "reasoning", "strict": True, "schema": question.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif dialect.form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


def messages(question: Question) -> list[dict[str, Any]]:
    """The question as messages: pictures are data within them, so that the server fetches nothing."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": question.facts}]
    for picture in question.pictures:
        parts += [{"type": "text", "text": picture.caption}, _image(picture)]
    told: list[dict[str, Any]] = [
        {"role": "system", "content": question.instructions},
        {"role": "user", "content": parts},
    ]
    if question.again is not None:
        text, faults = question.again
        told += [{"role": "assistant", "content": text or "(nothing)"}, {"role": "user", "content": faults}]
    return told


def openai(settings: Mapping[str, Any], also: Sequence[str] = ()) -> AskingReasoner:
    """The reasoner, by options and environment. Raises UsageError when no model is named."""
    asking = asking_of({**settings, "also": tuple(also)})
    url = (asking.url or os.environ.get(OPENAI_URL) or OWN).rstrip("/")
    host_of(url)
    model = asking.model or os.environ.get("CLEANPLATE_REASONER_MODEL")
    if not model:
        remedy = "Name it with --reasoner-model, as the server calls it."
        raise UsageError("the reasoner 'openai' needs the name of a model", remedy=remedy)
    return AskingReasoner(OpenAiModel(model, url, _key(url)), asking)


def _key(url: str) -> str | None:
    """OpenAI's own key goes to the address that it is for, and nowhere else."""
    if own := os.environ.get(KEY):
        return own
    meant = (os.environ.get(OPENAI_URL) or OWN).rstrip("/")
    return os.environ.get(OPENAI_KEY) if url == meant and not stays_here(url) else None


def _image(picture: Shown) -> dict[str, Any]:
    data = base64.b64encode(picture.jpeg).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}


def _reply(response: Response) -> Reply:
    document = response.document()
    try:
        choice = document["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        finish, usage = choice.get("finish_reason"), document.get("usage")
    except (LookupError, TypeError, AttributeError) as error:
        raise Trouble(
            "the server's reply is no chat completion", again=True, remedy="Look at --reasoner-url."
        ) from error
    if refusal or finish == "content_filter":
        raise Trouble(f"the model declines to answer{f': {refusal}' if refusal else ''}", remedy="Ask another model.")
    return Reply(text if isinstance(text, str) else "", finish == "length", _counted(usage))


def _counted(usage: Any) -> tuple[int, int] | None:
    try:
        return int(usage["prompt_tokens"]), int(usage["completion_tokens"])
    except (LookupError, TypeError, ValueError):
        return None
