"""What a question costs: bytes, tokens, and money where prices are known; checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cleanplate.errors import ReasonerError
from cleanplate.reason.asking.chat import Answerer
from cleanplate.reason.asking.question import Question
from cleanplate.reason.asking.settings import Asking

NOTED = "January 2026"
PRICES: Mapping[str, tuple[float, float]] = {
    "gpt-5": (1.25, 10.00),
    "gpt-5-mini": (0.25, 2.00),
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4o": (2.50, 10.00),
    "gpt-4o-mini": (0.15, 0.60),
    "gemini-3-pro-preview": (2.00, 12.00),
    "gemini-2.5-pro": (1.25, 10.00),
    "gemini-2.5-flash": (0.30, 2.50),
}
"""US dollars for a million tokens read and written, as providers listed them in `NOTED`, by plain names of models."""
_WRITTEN = 3_000
"""Tokens that an answer usually has, thoughts included."""


@dataclass(frozen=True)
class Estimate:
    """What one question is and costs.

    Attributes:
        dollars: None where the price is not known.
    """

    pictures: int
    nbytes: int
    tokens: int
    dollars: float | None

    def __str__(self) -> str:
        size = f"{self.nbytes / 1e6:.1f} MB" if self.nbytes >= 1e5 else f"{self.nbytes / 1e3:.0f} kB"
        cost = "" if self.dollars is None else f", about ${self.dollars:.3f}"
        return f"{self.pictures} pictures of {size}, about {self.tokens:,} tokens{cost}"


def estimate(question: Question, who: Answerer, *, free: bool) -> Estimate:
    """What asking would cost; `free` on a machine of the user's own."""
    price = PRICES.get(who.model.rpartition("/")[2])
    dollars = None
    if free:
        dollars = 0.0
    elif price is not None:
        dollars = (question.tokens * price[0] + _WRITTEN * price[1]) / 1e6
    return Estimate(len(question.pictures), question.nbytes, question.tokens, dollars)


def require_budget(found: Estimate, settings: Asking) -> None:
    """Raise ReasonerError for a question beyond the bytes, tokens or dollars that the settings allow."""
    smaller = "Show less with --reasoner-set frames=5 or side=512, or allow more with"
    if found.nbytes > settings.max_bytes:
        raise ReasonerError(
            f"the question has {found.nbytes:,} bytes, and {settings.max_bytes:,} are allowed",
            remedy=f"{smaller} max_bytes={found.nbytes}.",
        )
    if found.tokens > settings.max_input_tokens:
        raise ReasonerError(
            f"the question has about {found.tokens:,} tokens, and {settings.max_input_tokens:,} are allowed",
            remedy=f"{smaller} max_input_tokens={found.tokens}.",
        )
    if found.dollars is not None and found.dollars > settings.max_cost:
        raise ReasonerError(
            f"asking costs about ${found.dollars:.2f} by prices of {NOTED}, and ${settings.max_cost:.2f} are allowed",
            remedy=f"{smaller} max_cost={found.dollars:.2f}.",
        )
