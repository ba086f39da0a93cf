"""One question to a model: words, pictures, and the form of the answer. Its content is its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.reason.asking import prompt
from cleanplate.reason.asking.answer import answer_schema
from cleanplate.reason.asking.document import Asked, letters
from cleanplate.reason.asking.drawing import jpeg, marked

_LETTERS_A_TOKEN = 3.5
"""Of English and JSON; fewer than most tokenizers reach, so that an estimate is no underestimate."""
_PATCH = 28
"""Side of the square of pixels that makes one token of a picture in today's models, or less."""


@dataclass(frozen=True)
class Shown:
    """A picture as it is sent.

    Attributes:
        caption: what is said before it.
        jpeg: a JPEG file.
        size: (height, width).
    """

    caption: str
    jpeg: bytes
    size: tuple[int, int]


@dataclass(frozen=True)
class Question:
    """What is sent.

    Attributes:
        instructions: what is to be done, the same for every clip.
        facts: what is said of this one.
        pictures: in order of time.
        schema: JSON Schema of the answer.
        again: an unusable answer and what was wrong with it, where the question is asked once more.
    """

    instructions: str
    facts: str
    pictures: tuple[Shown, ...]
    schema: dict[str, Any]
    again: tuple[str, str] | None = None

    @property
    def nbytes(self) -> int:
        """Of pictures and words."""
        words = (self.instructions, self.facts, *(p.caption for p in self.pictures), *(self.again or ()))
        return sum(len(p.jpeg) for p in self.pictures) + sum(len(text.encode()) for text in words)

    @property
    def tokens(self) -> int:
        """About how many; models count differently."""
        words = (self.instructions, self.facts, *(p.caption for p in self.pictures), *(self.again or ()))
        seen = sum(-(-p.size[0] // _PATCH) * -(-p.size[1] // _PATCH) for p in self.pictures)
        return seen + round(sum(map(len, words)) / _LETTERS_A_TOKEN)

    def key(self, *who: str) -> str:
        """SHA-256 of all that is asked, and of whom."""
        digest = hashlib.sha256(
            json.dumps([prompt.version(), *who, self.instructions, self.facts, self.schema]).encode()
        )
        for picture in self.pictures:
            digest.update(picture.caption.encode() + b"\0" + hashlib.sha256(picture.jpeg).digest())
        return digest.hexdigest()

    def once_more(self, text: str, faults: Sequence[str]) -> Question:
        """The same with an answer that cannot be used, and why."""
        told = prompt.words("again", faults="\n".join(f"- {fault}" for fault in faults))
        return replace(self, again=(text, told))


def question(clip: Clip, tracks: Sequence[Track], asked: Asked, also: Sequence[str], quality: int) -> Question:
    """The question about a clip: the shown frames are read and drawn, one at a time."""
    schema = answer_schema()
    grid, shown, last = asked.view.grid, asked.shown, asked.length - 1
    objects = ", ".join(
        f"{letter} ({name})" if name != "object" else letter
        for letter, name in zip(letters(asked.names), asked.names, strict=False)
    )
    facts = prompt.words(
        "question",
        frames=asked.length,
        last=last,
        rate=f"{float(clip.info.rate):.4g}",
        shown=", ".join(map(str, shown)),
        rows=grid.rows,
        last_row=grid.rows - 1,
        columns=grid.columns,
        last_column=grid.columns - 1,
        objects=objects,
        also=prompt.words("also", things="; ".join(also)) if also else "",
    )
    instructions = prompt.words("instructions", schema=json.dumps(schema, separators=(",", ":")))
    return Question(instructions, facts.strip(), tuple(_pictures(clip, tracks, asked, quality)), schema)


def _pictures(clip: Clip, tracks: Sequence[Track], asked: Asked, quality: int) -> list[Shown]:
    view, pictures = asked.view, []
    first = next((n for n in asked.shown if any(track.box(n) for track in tracks)), asked.shown[0])
    for n in asked.shown:
        plain = view.picture(clip.frame(n))
        if n == first:
            pictures.append(_shown(f"Frame {n}, without any marks:", plain, quality))
        there = [
            (letter, view.mask(track.mask(n))) for letter, track in zip(letters(asked.names), tracks, strict=False)
        ]
        title = f"frame {n}"
        pictures.append(_shown(f"Frame {n}:", marked(plain, there, view.edges(), title), quality))
    return pictures


def _shown(caption: str, picture: Any, quality: int) -> Shown:
    return Shown(caption, jpeg(picture, quality), (picture.shape[0], picture.shape[1]))
