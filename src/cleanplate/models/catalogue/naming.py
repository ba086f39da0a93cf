"""Which things an instruction asks for, and what it says of each. Read without torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate.errors import UsageError

_LISTED = re.compile(r"(?:,? and |, | & )", re.IGNORECASE)
"""Between things of which the same is said."""
_NEXT = re.compile(r"(?:[,.;:]? and |[,.;:] | & )(?:please )?(?:(?:add|place|insert|put) )?$", re.IGNORECASE)
"""Before a thing of which something else is said."""
_SAID = re.compile(r"\b(?:an?|the) (\w+)(?: \w+)? $", re.IGNORECASE)
"""Before a thing: what is said of it that is no colour."""
_SENTENCES = re.compile(r"[.;!?]")
_KEPT = re.compile(r"\b(?:keep|behind)\b(?P<what>.*?)(?=\bwith\b|\bto\b|$)", re.IGNORECASE)
_STAYING = re.compile(r"^(?P<what>.*?)\b(?:must|stays?|remains?)\b", re.IGNORECASE)
"""Of a sentence, what it says to leave alone."""
_CAN = "can"
_ONE = {"they are": "it is", "their": "its", "shadows": "shadow", "them": "it"}
"""Of several things, and of one."""


@dataclass(frozen=True)
class Names:
    """What things and colours are called, in small letters."""

    things: Sequence[str]
    colours: Sequence[str]

    def one_by_one(self, instruction: str) -> tuple[str, ...]:
        """What is asked for each of the things that an instruction names; of a single thing, the instruction itself.

        "Add a red ball and a blue box on the left" asks for a red ball on the left, and for a blue box there; "Add a
        red ball on the left and a blue box on the right" for one on either side.

        Raises:
            UsageError: a thing is named where none can be added: behind another, say.
        """
        text = _plain(instruction)
        lists = self._lists(text)
        if sum(map(len, lists)) < 2:
            return (text,)
        before, asked = text[: lists[0][0].start()], []
        for here, after in zip(lists, [*lists[1:], None], strict=True):
            said = text[here[-1].end() : after[0].start() if after else None]
            if after is not None:
                said = _until_next(said, after[0][0])
            for several, one in _ONE.items() if len(here) > 1 else ():
                said = re.sub(rf"\b{several}\b", one, said, flags=re.IGNORECASE)
            asked += [f"{before}{thing[0]}{said}" for thing in here]
        return tuple(asked)

    def named(self, instruction: str) -> str:
        """The first thing that is named, ``a red ball``; the instruction itself where none is."""
        found = self._pattern.search(_plain(instruction))
        if found is None:
            return instruction
        thing = " ".join(filter(None, (found["colour"], found["thing"]))).lower()
        return f"{'an' if thing[0] in 'aeiou' else 'a'} {thing}"

    def kept(self, instruction: str) -> tuple[str, ...]:
        """What a change of background is said to leave alone: ``red ball``, ``blue box``; none where nothing is named.

        That is what one keeps, what must stay, and what everything behind is replaced; each is listed once.

        Raises:
            UsageError: what is said of it would be lost; or a thing is named elsewhere, as if a place could have one.
        """
        found, elsewhere = list[str](), list[str]()
        for sentence in _SENTENCES.split(_plain(instruction)):
            clause = _KEPT.search(sentence) or _STAYING.search(sentence)
            told = clause["what"] if clause else ""
            self.require_told(told)
            found += self._listed(told)
            elsewhere += self._listed(sentence if clause is None else sentence.replace(told, " ", 1))
        if elsewhere:
            remedy = "Name what stays in a sentence of its own, and the place without things: Keep the red ball intact."
            raise UsageError(f"'{elsewhere[0]}' is named where nothing is kept", remedy=remedy)
        return tuple(dict.fromkeys(found))

    def require_told(self, instruction: str) -> None:
        """Raise UsageError for what is said of things and would be lost: what is no colour, or stands apart."""
        text = _plain(instruction)
        found, rest = list(self._pattern.finditer(text)), self._pattern.sub("", text)
        stray = re.search(rf"\b(?:{'|'.join(self.colours)})\b", rest, re.IGNORECASE)
        if stray is not None:
            remedy = f"Give a thing one colour, right before it: a {stray[0].lower()} {self.things[0]}."
            raise UsageError(f"the colour '{stray[0]}' stands before no thing", remedy=remedy)
        for thing in found:
            said = _SAID.search(text[: thing.start()])
            if said is not None and not thing["article"]:
                remedy = f"Of things one can say: {', '.join(self.colours)}."
                raise UsageError(f"'{said[1]}' cannot be said of a {thing['thing'].lower()}", remedy=remedy)

    def _listed(self, text: str) -> list[str]:
        """Things with their colours, ``red ball``; one can keep a can, and a can can be kept."""
        things = (thing for thing in self._pattern.finditer(text) if thing["article"] or thing[0].lower() != _CAN)
        return [" ".join(filter(None, (thing["colour"], thing["thing"]))).lower() for thing in things]

    @property
    def _pattern(self) -> re.Pattern[str]:
        """``a red paper boat``; the longest name first."""
        colours, things = ("|".join(sorted(names, key=len, reverse=True)) for names in (self.colours, self.things))
        return re.compile(
            rf"(?:\b(?P<article>an?|the) )?(?:\b(?P<colour>{colours}) )?\b(?P<thing>{things})\b", re.IGNORECASE
        )

    def _lists(self, text: str) -> list[list[re.Match[str]]]:
        """Things that are named together."""
        lists = list[list[re.Match[str]]]()
        for thing in self._pattern.finditer(text):
            if lists and _LISTED.fullmatch(text, lists[-1][-1].end(), thing.start()):
                lists[-1].append(thing)
            else:
                lists.append([thing])
        return lists


def _plain(text: str) -> str:
    """With single spaces between its words."""
    return " ".join(text.split())


def _until_next(said: str, thing: str) -> str:
    """What is said before another thing is asked for."""
    joined = _NEXT.search(said)
    if joined is None:
        remedy = "Name only what is to be added, one after the other: Add a red ball on the left and a blue box."
        raise UsageError(f"'{thing}' is named where nothing can be added", remedy=remedy)
    return said[: joined.start()]
