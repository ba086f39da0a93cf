"""Whether the second pass is needed: the morph check, made of what the first one has drawn of a span."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.morph.check import Start, morph_scores, unnamed_scores
from cleanplate.engines.void.morph.score import MOVED, MorphScore
from cleanplate.engines.void.pictures import Pictures
from cleanplate.engines.void.settings import PassTwo
from cleanplate.masks.labels import affected
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.reasoning import Kind, Reasoning
from cleanplate.masks.track import Track
from cleanplate.pipeline.protocols import Scene

Mask = NDArray[np.bool_]
_DIGITS = 3


@dataclass(frozen=True)
class Verdict:
    """Of one span.

    Attributes:
        refine: the second pass is to run.
        why: in words.
        things: what the check measured of each thing, JSON values; frames are the plate's.
    """

    refine: bool
    why: str
    things: tuple[Mapping[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """JSON values for the manifest."""
        return {"pass2": self.refine, "why": self.why, "things": list(self.things)}


FOLLOWING = Verdict(True, "it follows a motion that was given", ())


def read_verdict(path: Path) -> Verdict:
    """One that was written as its document."""
    known = json.loads(path.read_bytes())
    return Verdict(known["pass2"], known["why"], tuple(known["things"]))


def measured(verdicts: Sequence[Verdict], threshold: float) -> dict[str, Any]:
    """Of the whole clip, as the report draws it; things of several spans are told apart by their spans' numbers."""
    several = len(verdicts) > 1
    things = [
        {**thing, "thing": f"{thing['thing']} (span {number})" if several else thing["thing"]}
        for number, verdict in enumerate(verdicts, start=1)
        for thing in verdict.things
    ]
    reasons = dict.fromkeys(verdict.why for verdict in verdicts)
    refined = any(verdict.refine for verdict in verdicts)
    return {"threshold": threshold, "pass2": refined, "why": "; ".join(reasons), "things": things}


def judged(scores: Sequence[MorphScore], frames: Sequence[int], wanted: PassTwo, threshold: float) -> Verdict:
    """What follows from the scores.

    Args:
        frames: of the plate, that were drawn.
    """
    morphing = [score for score in scores if score.moved >= MOVED and score.score > threshold]
    worst = max(morphing, key=lambda score: score.score, default=None)
    if wanted != "auto":
        refine, why = wanted == "always", f"asked for: {wanted}"
    elif worst is not None:
        refine, why = True, f"'{worst.thing}' departs from smooth motion by {worst.score:.2f}, over {threshold:g}"
    elif scores:
        refine, why = False, f"nothing that moves departs from smooth motion by more than {threshold:g}"
    else:
        refine, why = False, "nothing that is affected was found to move"
    return Verdict(refine, why, tuple(_document(score, frames, threshold) for score in scores))


def scores_of(pictures: Pictures, frames: Sequence[int], framing: Framing, scene: Scene) -> tuple[MorphScore, ...]:
    """Of the affected things that have tracks; where none has, of whatever moves in the affected region.

    Args:
        pictures: upright, at the framing's size; one for each of these frames of the plate.
    """
    starts = _starts(frames, framing, scene.things, scene.reasoning)
    if starts:
        return morph_scores(pictures, starts)
    assert scene.quadmask is not None  # noqa: S101
    return unnamed_scores(_with_region(pictures, frames, framing, scene.quadmask))


def _starts(
    frames: Sequence[int], framing: Framing, things: Mapping[str, Track], reasoning: Reasoning | None
) -> list[Start]:
    """Things are followed from where the plate still shows them as the result will: up to their onset.

    One that only comes later is taken from where the plate shows it first.
    """
    known = {} if reasoning is None else {thing.id: thing for thing in reasoning.affected}
    starts = []
    for name, track in things.items():
        if name in known and known[name].kind != Kind.OBJECT:
            continue
        shown = [(place, frame) for place, frame in enumerate(frames) if track.box(frame) is not None]
        if not shown:
            continue
        place, frame = shown[0]
        mask = _framed(track.mask(frame), framing)
        if mask.any():
            starts.append(Start(name, place, mask))
    return starts


def _with_region(
    pictures: Pictures, frames: Sequence[int], framing: Framing, quadmask: QuadMask
) -> Iterator[tuple[Real, Mask]]:
    for place, frame in enumerate(frames):
        yield pictures.at(place), _framed(affected(quadmask.at(frame)), framing)


def _framed(mask: Mask, framing: Framing) -> Mask:
    """A mask of the plate as the model sees it: where most of a pixel is in it."""
    y0, x0, y1, x1 = framing.box
    share = cv2.resize(mask[y0:y1, x0:x1].astype(np.float32), framing.size.coded[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(framing.size.upright(share > 0.5))


def _document(score: MorphScore, frames: Sequence[int], threshold: float) -> dict[str, Any]:
    return {
        "thing": score.thing,
        "score": round(score.score, _DIGITS),
        "morphs": score.moved >= MOVED and score.score > threshold,
        "moved": round(score.moved, _DIGITS),
        "frames": [frames[place] for place in score.frames],
        "curve": [round(value, _DIGITS) for value in score.curve],
        "worst": None if score.worst is None else frames[score.worst],
        "shows": score.shows,
        "lost": None if score.lost is None else frames[min(score.lost, len(frames) - 1)],
    }
