"""Google's models, through Google's own client (the extra ``gemini``)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from cleanplate.errors import missing_extra
from cleanplate.reason.asking.chat import Answerer, Reply, Trouble, refused
from cleanplate.reason.asking.consent import host_of, stays_here
from cleanplate.reason.asking.question import Question
from cleanplate.reason.asking.reasoner import AskingReasoner
from cleanplate.reason.asking.settings import asking_of

OWN = "https://generativelanguage.googleapis.com"
_VERSION = "v1beta"
"""Of the interface; the first one that takes a JSON Schema."""
MODEL = "gemini-3-pro-preview"
"""What VOID's own pipeline asks."""
KEYS = ("CLEANPLATE_REASONER_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
_DECLINED = ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY")


class GeminiModel:
    """Implements `ChatModel`.

    Args:
        url: the server's address, without a version.
        key: None where none is known.
    """

    def __init__(self, model: str, url: str, key: str | None) -> None:
        self.who = Answerer("gemini", model, url)
        self._url, self._key = url, key

    def ready(self) -> None:
        """The client and a key. Raises ResourceError without the client."""
        _client()
        if self._key is None:
            raise Trouble("no key is known", remedy="Set GEMINI_API_KEY to your key.")

    def reply(self, question: Question, tokens: int, seconds: float) -> Reply:
        """See the protocol."""
        genai, errors, types, httpx = _client()
        options = types.HttpOptions(
            base_url=self._url,
            api_version=_VERSION,
            timeout=max(1, round(1000 * seconds)),
            retry_options=types.HttpRetryOptions(attempts=1),
            client_args={"trust_env": not stays_here(self._url), "follow_redirects": False},
        )
        config = types.GenerateContentConfig(
            system_instruction=question.instructions,
            response_mime_type="application/json",
            response_json_schema=question.schema,
            max_output_tokens=tokens,
            temperature=0,
            seed=0,
        )
        with (
            _understood(errors, httpx, self.who.model, seconds),
            genai.Client(api_key=self._key, vertexai=False, http_options=options) as client,
        ):
            answer = client.models.generate_content(
                model=self.who.model, contents=_contents(question, types), config=config
            )
            return _reply(answer)


def gemini(settings: Mapping[str, Any], also: Sequence[str] = ()) -> AskingReasoner:
    """The reasoner, by options and environment. Raises ResourceError without Google's client."""
    asking = asking_of({**settings, "also": tuple(also)})
    url = (asking.url or OWN).rstrip("/")
    host_of(url)
    model = asking.model or os.environ.get("CLEANPLATE_REASONER_MODEL") or MODEL
    names = KEYS if url == OWN else KEYS[:1]
    key = next((found for name in names if (found := os.environ.get(name))), None)
    if key is None and stays_here(url):
        key = "none"  # the client wants one; a server on this machine does not
    return AskingReasoner(GeminiModel(model, url, key), asking)


def _client() -> tuple[Any, Any, Any, Any]:
    try:
        import httpx2
        from google import genai
        from google.genai import errors, types
    except ImportError as error:
        raise missing_extra(error.name or "google-genai", "gemini") from error
    return genai, errors, types, httpx2


def _contents(question: Question, types: Any) -> list[Any]:
    parts = [types.Part.from_text(text=question.facts)]
    for picture in question.pictures:
        parts.append(types.Part.from_text(text=picture.caption))
        parts.append(types.Part.from_bytes(data=picture.jpeg, mime_type="image/jpeg"))
    contents = [types.Content(role="user", parts=parts)]
    for role, text in zip(("model", "user"), question.again or (), strict=False):
        contents.append(types.Content(role=role, parts=[types.Part.from_text(text=text or "(nothing)")]))
    return contents


@contextmanager
def _understood(errors: Any, httpx: Any, model: str, seconds: float) -> Iterator[None]:
    """Turn what the client raises into trouble that is understood."""
    try:
        yield
    except errors.APIError as error:
        headers = getattr(error.response, "headers", None) or {}
        raise refused(int(error.code), " ".join(str(error.message or "").split())[:200], headers, model) from error
    except httpx.TimeoutException as error:
        remedy = "Give it more time with --reasoner-set timeout=SECONDS, or show less with frames=5."
        raise Trouble(f"the server did not answer within {seconds:.3g} s", again=True, remedy=remedy) from error
    except httpx.TransportError as error:
        what = f"the server cannot be reached, or broke off ({type(error).__name__})"
        raise Trouble(what, again=True, remedy="Look at your connection and at --reasoner-url.") from error
    except ValueError as error:
        remedy = "Look at --reasoner-url."
        raise Trouble("the server's reply is no reply of Gemini's", again=True, remedy=remedy) from error


def _reply(answer: Any) -> Reply:
    if not answer.candidates:
        blocked = getattr(answer.prompt_feedback, "block_reason", None)
        if blocked is not None:
            raise Trouble(f"the model declines to answer: {blocked.name}", remedy="Ask another model.")
        raise Trouble("the server's reply is no reply of Gemini's", again=True, remedy="Look at --reasoner-url.")
    candidate = answer.candidates[0]
    finish = candidate.finish_reason.name if candidate.finish_reason is not None else ""
    if finish in _DECLINED:
        raise Trouble(f"the model declines to answer: {finish}", remedy="Ask another model.")
    parts = (candidate.content.parts if candidate.content is not None else None) or []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    usage = answer.usage_metadata
    counted = None if usage is None else (usage.prompt_token_count or 0, usage.candidates_token_count or 0)
    return Reply(text, finish == "MAX_TOKENS", counted)
