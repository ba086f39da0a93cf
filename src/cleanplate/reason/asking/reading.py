"""From the text that a model wrote to an answer: fences, thoughts and prose around the JSON are passed over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from cleanplate.reason.asking.answer import Answer

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_MOST = 8
"""Faults told of one answer."""


class Unusable(Exception):  # noqa: N818
    """An answer that cannot be used; `faults` are sentences for the model and the user alike."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults[:_MOST]
        super().__init__("; ".join(self.faults))


def read(text: str, *, cut: bool = False) -> Answer:
    """The answer in a text.

    Args:
        cut: the model ran into its limit.
    Raises:
        Unusable: no JSON object, or one of another form.
    """
    found = [part for part in _objects(_THOUGHTS.sub("", text)) if "affected" in part or "scene_after" in part]
    if not found:
        raise Unusable([_missing(text, cut)])
    try:
        return Answer.model_validate(found[-1])
    except ValidationError as error:
        raise Unusable([_told(fault) for fault in error.errors()]) from error


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every outermost JSON object in a text, in order."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict):
                yield value
        at = text.find("{", end)


def _missing(text: str, cut: bool) -> str:
    if cut:
        return "the answer was cut off before its end: be briefer, with fewer things and fewer entries for each"
    if not text.strip():
        return "the answer is empty"
    if "{" not in text:
        return "the answer holds no JSON object"
    return "the answer holds no whole JSON object with the fields 'affected' and 'scene_after'"


def _told(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place or 'the answer'}: {fault['msg'].removeprefix('Value error, ')}"
