"""The interchangeable parts: segmenter, reasoner, engine. Which one runs is data (`pipeline.registry`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from cleanplate.edit.layer import Layer
from cleanplate.edit.region import PermittedRegion, QuadMaskRegion
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.selection import Selection
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.machine import Machine
from cleanplate.progress import Progress

WORK = "work"
"""In an engine's folder: what it goes on from after a kill besides the layer's segments. It goes when it is done."""


class Segmenter(Protocol):
    """Turns what the user pointed at into a track, forwards and backwards from every frame that carries an input."""

    name: str

    def segment(self, clip: Clip, selection: Selection, frames: range, out: Path, progress: Progress) -> Track:
        """Track one object and write it to `out`.

        Args:
            selection: in coded pixels; every frame it names lies in `frames`.
            frames: the presented frames to look at; the track has the clip's length, empty outside them.
        Raises:
            InputError: a click on nothing that can be told from its surroundings.
        """
        ...


class Reasoner(Protocol):
    """Answers what else would change had the objects never been there."""

    name: str

    def reason(self, clip: Clip, tracks: Sequence[Track], frames: range, folder: Path, progress: Progress) -> Reasoning:
        """The answer; tracks of what it found are written to `folder` and named in the document."""
        ...


class Grounding(Protocol):
    """Lays an answer in words and cells on the clip, so that every part of it shapes the quadmask."""

    def __call__(
        self,
        document: Reasoning,
        clip: Clip,
        tracks: Sequence[Track],
        frames: range,
        folder: Path,
        *,
        segmenter: Segmenter,
        progress: Progress,
    ) -> Reasoning:
        """The document with tracks of what it names, written to `folder`, and ways to where things would go."""
        ...


@dataclass(frozen=True)
class Motion:
    """A video, frame for frame with the plate, in which things move as they are to move in the result.

    Attributes:
        path: of the file, or of images.
        digest: SHA-256.
        rate: frames a second of images.
    """

    path: Path
    digest: str
    rate: Fraction | None = None

    def open(self) -> Clip:
        """It, for reading."""
        return Clip.open(self.path, rate=self.rate)


@dataclass(frozen=True)
class Scene:
    """Everything known before a layer is generated.

    Attributes:
        quadmask: what may change (removal); None for the other edits.
        region: what may change (the other edits); None for a removal.
        masked: a mask or a box says so; otherwise everything may change.
        motion: what a `guided` engine is to follow, where it is given; see `registry.Part`.
        tracks: the removed objects' tracks, where there are any.
        things: tracks of affected things, by the id the reasoning gives them.
    """

    clip: Clip
    quadmask: QuadMask | None = None
    reasoning: Reasoning | None = None
    tracks: Sequence[Track] = ()
    things: Mapping[str, Track] = field(default_factory=dict)
    region: PermittedRegion | None = None
    masked: bool = True
    motion: Motion | None = None

    @property
    def permitted(self) -> PermittedRegion:
        """Where anything may change. Raises ValueError for a scene that does not say."""
        if self.region is not None:
            return self.region
        if self.quadmask is None:
            raise ValueError("a scene has a quadmask or a region")
        return QuadMaskRegion(self.quadmask)


@dataclass(frozen=True)
class Plan:
    """What an engine is about to do, and what it will cost; made before any work.

    Attributes:
        windows: runs of frames, each generated with what it needs of the others.
        seconds, memory_bytes, disk_bytes: estimates.
        parameters: everything that the result depends on; part of the stage's key.
        notes: sentences for the user, such as what the engine will not do.
        weights: SHA-256 of the model's weights, where there are any.
        device: that the result depends on.
    """

    engine: str
    windows: tuple[range, ...]
    seconds: float
    memory_bytes: int
    disk_bytes: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    weights: str | None = None
    device: str = "cpu"


@dataclass(frozen=True)
class Refusal:
    """The engine cannot serve this edit here."""

    engine: str
    why: str
    remedy: str


@dataclass(frozen=True)
class Generated:
    """What an engine made.

    Attributes:
        layer: the stored, quantised layer.
        motion: a video, frame for frame with the plate, in which things move as they are to move, for a `guided`
            engine's next drawing of the shot; None where the composite shows it. In FFV1's or another Matroska.
        things: tracks of what moves in the result, by the reasoning's ids.
        measurements: figures for the manifest and the report (JSON values only).
        byproduct: a video for inspection that is no part of the result, or None.
    """

    layer: Layer
    motion: Path | None = None
    things: Mapping[str, Track] | None = None
    measurements: Mapping[str, Any] = field(default_factory=dict)
    byproduct: Path | None = None


class Engine(Protocol):
    """A named way to generate a layer."""

    name: str

    def plan(self, edit: Remove | Add | ReplaceBackground, scene: Scene, machine: Machine, seed: int) -> Plan | Refusal:
        """What it would do, or why it cannot."""
        ...

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        """Write the layer into `folder` by windows; called again after a kill it goes on from the last whole one.

        Called once more when all is done it answers the same again, as long as ``folder / WORK`` is there.
        """
        ...
