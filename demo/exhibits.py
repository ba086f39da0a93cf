"""What the demo shows: clips whose true answer is known, and what is asked of cleanplate about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import desk
import numpy as np
from figures import Answer, Codes, Fallen, Layered, Removed
from numpy.typing import NDArray

from cleanplate.masks.labels import KEEP
from cleanplate.worlds.formats.clips import read_pictures
from cleanplate.worlds.layered.clip import LayeredClip, Task
from cleanplate.worlds.layered.synthetic import sample_synthetic

_STANDS_OUT = 2
"""Codes by which the desk must differ to be changed."""
_STAYS = 0.5
"""Alpha of the true layer under which the subject is seen."""
_KEPT = Path(__file__).parent / "lantern"
_SIZE, _LENGTH = (256, 448), 24
_ADDED, _EXCHANGED = 580_006, 581_017
"""Seeds of layered clips that nothing is trained on, and that are in no evaluation set."""


@dataclass(frozen=True)
class Material:
    """A clip with its answer.

    Attributes:
        plate: T x H x W x 3 uint8, at `rate` frames a second.
        mask: the codes of the mask that the command is given, T x H x W uint8; None where it is not given any.
    """

    plate: Codes
    rate: int
    answer: Answer
    mask: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Exhibit:
    """One thing to show.

    Attributes:
        name: of its files.
        title, lead: what stands over it.
        words: of the command line, the command first; without the plate, the engine and where it goes.
        engines: who makes it, and the baselines beside; the first whose weights are there is shown.
        material: draws or reads the clip.
    """

    name: str
    title: str
    lead: str
    words: tuple[str, ...]
    engines: tuple[str, ...]
    material: Callable[[], Material]


def exhibits() -> tuple[Exhibit, ...]:
    """In the order of the page."""
    thing, place = _layered(Task.ADD, _ADDED), _layered(Task.BACKGROUND, _EXCHANGED)
    return (
        Exhibit(
            "lantern",
            "Remove, with what it did",
            "The stand goes, and what hung from it has to fall. What goes and what is affected is told by its "
            "true quadmask: the embedded reasoner does not see here that one holds the other.",
            ("remove",),
            ("void-nano", "propagate"),
            _lantern,
        ),
        Exhibit(
            "ball-on-desk",
            "Remove, and nothing else happens",
            "The ball goes with its shadow; the desk comes from frames on which the ball is elsewhere.",
            ("remove", "--object", "ball", "--box", "12,228,78,294"),
            ("propagate",),
            _desk,
        ),
        Exhibit(
            "addition",
            "Add",
            f"“{thing.instruction}” The words leave open how it looks: another thing than the true one may be right.",
            ("add", thing.instruction),
            ("vera-nano",),
            lambda: _drawn(thing),
        ),
        Exhibit(
            "background",
            "Change the background",
            f"“{place.instruction}” The subject is told by its mask, and stays; which place of that kind comes is left "
            "open.",
            ("background", place.instruction),
            ("vera-nano",),
            lambda: _drawn(place),
        ),
    )


def _lantern() -> Material:
    """What the simulator said of both worlds (`demo/lantern/make.py`)."""
    plate, truth = (np.stack(list(read_pictures(_KEPT / f"{name}.mp4"))) for name in ("plate", "truth"))
    with np.load(_KEPT / "answer.npz", allow_pickle=False) as kept:
        fallen = Fallen(kept["ground"], kept["original"], kept["altered"])
        return Material(plate, 12, Removed(truth, kept["labels"] != KEEP, fallen), kept["told"])


def _desk() -> Material:
    plate, truth = desk.filmed(ball=True), desk.filmed(ball=False)
    apart = np.maximum(plate, truth) - np.minimum(plate, truth)
    return Material(plate, 24, Removed(truth, apart.max(axis=-1) > _STANDS_OUT))


def _layered(task: Task, seed: int) -> LayeredClip:
    height, width = _SIZE
    return sample_synthetic(task, seed, height=height, width=width, length=_LENGTH)


def _drawn(clip: LayeredClip) -> Material:
    frames = list(clip.frames())
    alpha = np.asarray(np.stack([frame.alpha for frame in frames]) / 255, np.float32)
    truth = np.stack([frame.composite for frame in frames])
    adds = clip.task is Task.ADD
    answer = Layered(truth, alpha, clip.instruction, added=adds)
    stays = None if adds else np.where(alpha < _STAYS, np.uint8(255), np.uint8(0))
    return Material(np.stack([frame.source for frame in frames]), round(clip.rate), answer, stays)
