"""Who answers: the protocol of a model behind a server or on this machine, and trying again where it fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

import numpy as np

from cleanplate.errors import ReasonerError
from cleanplate.reason.asking.question import Question
from cleanplate.reason.asking.settings import Asking

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
"""Seconds."""


@dataclass(frozen=True)
class Reply:
    """What a model wrote.

    Attributes:
        cut: it ran into its limit of tokens.
        tokens: (read, written), where the server counts them.
    """

    text: str
    cut: bool = False
    tokens: tuple[int, int] | None = None


@dataclass(frozen=True)
class Answerer:
    """Who would answer.

    Attributes:
        reasoner: name in the registry.
        model: its name there.
        url: where it is served; None on this machine, within this process.
    """

    reasoner: str
    model: str
    url: str | None = None


class ChatModel(Protocol):
    """A model that can be asked."""

    who: Answerer

    def ready(self) -> None:
        """Raise ReasonerError for what is missing, such as a key, before anything is sent."""
        ...

    def reply(self, question: Question, tokens: int, seconds: float) -> Reply:
        """One try.

        Args:
            tokens: of the answer at most.
            seconds: for the whole try.
        Raises:
            Trouble: it failed.
        """
        ...


class Trouble(Exception):  # noqa: N818
    """A failed try.

    Args:
        what: went wrong, in a clause.
        again: another try may succeed.
        after: seconds that the server asks to wait.
        remedy: what the user can do.
    """

    def __init__(self, what: str, *, again: bool = False, after: float | None = None, remedy: str = "") -> None:
        self.what, self.again, self.after, self.remedy = what, again, after, remedy
        super().__init__(what)


def persistently(ask: Callable[[float], Reply], settings: Asking, where: str) -> Reply:
    """A reply, by as many tries as the settings allow, with exponential waits in between.

    The waits are drawn from the settings' seed. A server that says how long to wait is obeyed.

    Args:
        ask: one try within so many seconds.
    Raises:
        ReasonerError: it failed for good, or for too long.
    """
    jitter = np.random.default_rng(settings.seed)
    end = time.monotonic() + settings.patience
    for number in range(1, settings.tries + 1):
        try:
            return ask(max(0.001, min(settings.timeout, end - time.monotonic())))
        except Trouble as trouble:
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (number - 1)) * float(jitter.uniform(0.5, 1.0))
            wait = max(wait, trouble.after or 0.0)
            if not trouble.again or number == settings.tries:
                tried = f" ({number} tries)" if number > 1 else ""
                raise ReasonerError(trouble.what + tried, where=where, remedy=trouble.remedy) from trouble
            if time.monotonic() + wait >= end:
                remedy = "Try later, or give it more time with --reasoner-set patience=SECONDS."
                what = f"{trouble.what}; the next try would be in {wait:.0f} s"
                raise ReasonerError(what, where=where, remedy=remedy) from trouble
            time.sleep(wait)
    raise AssertionError("the loop returns or raises")


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for: a number, or a date as seen by the server's own clock; else None."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else None
    except (ValueError, TypeError):
        return None
    return None if now is None else max(0.0, (until - now).total_seconds())


def refused(status: int, told: str, headers: Mapping[str, str], model: str) -> Trouble:
    """What a status of HTTP means here; `told` is the server's own message."""
    if status == 429 and "quota" in told.casefold() and "Retry-After" not in headers:
        what, remedy, again = "the quota is used up", "Look at your account there.", False
    elif too_long(told):
        what, remedy, again = "the question and its answer are too long for the model", _SHORTER, False
    elif status in _STATUSES:
        what, remedy = _STATUSES[status]
        again = status in _BUSY
    else:
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        what, remedy = _FAILED if failed else _REFUSED
        again = failed
    said = f": {told}" if told else ""
    whole = f"{what.format(model=model)} (HTTP {status}){said}"
    return Trouble(whole, again=again, after=asked_to_wait(headers) if again else None, remedy=remedy)


def too_long(told: str) -> bool:
    """Whether a server says that a question does not fit into the model's context."""
    return "context" in told.casefold()


_SHORTER = "Show less, or ask for less: --reasoner-set frames=5, side=512 or max_tokens=4096."
_BUSY = (408, 409, 425, 429)
_KEY = "Look at the key: CLEANPLATE_REASONER_KEY, or the provider's own variable."
_LATER = "Try later."
_STATUSES: Mapping[int, tuple[str, str]] = {
    401: ("the server refuses the key", _KEY),
    402: ("the server wants to be paid", "Look at your account there."),
    403: ("the server refuses the key", _KEY),
    404: (
        "the server knows no model '{model}', or no such address",
        "Look at --reasoner-model and --reasoner-url; the address usually ends with /v1.",
    ),
    408: ("the server is busy", _LATER),
    409: ("the server is busy", _LATER),
    413: (
        "the question is too large for the server",
        "Send fewer or smaller pictures: --reasoner-set frames=5 --reasoner-set side=512.",
    ),
    425: ("the server is busy", _LATER),
    429: ("the server asks for fewer questions", _LATER),
}
_FAILED = ("the server failed", "Try later, or look at the server's log.")
_REFUSED = ("the server refuses the question", "See docs/how-to/reason.md.")
"""Status -> what it means, and what to do about it."""
