"""The engine `propagate`: a clean plate from the plate's own pixels in other frames."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.edit.layer import LayerWriter
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.engines.propagate.cleaner import Cleaner, Piece, Settings
from cleanplate.engines.propagate.estimate import Work
from cleanplate.engines.propagate.footage import Footage
from cleanplate.engines.propagate.ledger import Ledger
from cleanplate.engines.propagate.runs import runs
from cleanplate.engines.propagate.scene import CAST_KINDS, SceneFootage, cast_things
from cleanplate.engines.propagate.survey import make_survey
from cleanplate.masks.labels import LABELS, OVERLAP, REMOVE
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.reasoning import Reasoning
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import WORK, Generated, Plan, Refusal, Scene
from cleanplate.progress import Progress

VERSION = 3
"""Goes up when the same parameters give other pixels."""
_EVERYTHING = 0.98


class PropagateEngine:
    """Fills what the removed objects hid and cast from other frames of the plate (see `Cleaner`)."""

    name = "propagate"

    def plan(self, edit: Remove | Add | ReplaceBackground, scene: Scene, machine: Machine, seed: int) -> Plan | Refusal:
        """What it would do, or why it cannot: it only removes, and needs something to copy from."""
        quadmask = scene.quadmask
        if not isinstance(edit, Remove) or quadmask is None:
            return self._refuse("it removes objects and does nothing else", "Choose another engine for this edit.")
        last = len(scene.clip) - 1 if edit.last_frame is None else min(edit.last_frame, len(scene.clip) - 1)
        frames = [n for n in _frames_to_fill(quadmask, scene.reasoning) if edit.first_frame <= n <= last]
        if not frames:
            return self._refuse(
                "nothing is marked for removal on the frames of this edit", "Select an object, or give another mask."
            )
        if all(_share_removed(quadmask, n) >= _EVERYTHING for n in range(len(quadmask))):
            return self._refuse(
                "every frame is marked for removal as a whole, so nothing is left to copy from", "Give a smaller mask."
            )
        settings = Settings(seed=seed)
        windows = tuple(runs(frames))
        work = _work(scene, quadmask, windows, settings)
        if work.memory_bytes > machine.memory_bytes:
            return self._refuse(
                f"it needs {work.memory_bytes / 1e9:.1f} GB of memory and {machine.memory_bytes / 1e9:.1f} GB is free",
                "Close other programs, or work on a smaller version of the clip.",
            )
        return Plan(
            engine=self.name,
            windows=windows,
            seconds=work.seconds,
            memory_bytes=work.memory_bytes,
            disk_bytes=work.disk_bytes,
            parameters={"version": VERSION, **asdict(settings)},
            notes=tuple(_notes(scene)),
        )

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        """Fill window after window; called again after a kill it goes on from the last whole segment."""
        if scene.quadmask is None:
            raise ValueError("a plan of propagate comes with a quadmask")
        settings = Settings(**{key: value for key, value in plan.parameters.items() if key != "version"})
        footage = SceneFootage(scene, scene.quadmask)
        work = folder / WORK
        work.mkdir(parents=True, exist_ok=True)
        with LayerWriter(folder, scene.clip.info) as writer:
            ledger = Ledger(work / "frames.jsonl", writer.next_frame)
            for window in plan.windows:
                start, stored = max(window.start, writer.next_frame), writer.dtype
                if start < window.stop:
                    cleaner = _cleaner(window, start, footage, settings, work=work, progress=progress)
                    with progress.task("clean plate", window.stop - start) as tick:
                        for frame in range(start, window.stop):
                            pieces, counts = cleaner.fill(frame)
                            writer.write(frame, [_patch(piece, footage, stored) for piece in pieces])
                            ledger.note(frame, counts)
                            tick()
            return Generated(layer=writer.close(), measurements=ledger.summary())

    def _refuse(self, why: str, remedy: str) -> Refusal:
        return Refusal(self.name, why, remedy)


def _cleaner(
    window: range, start: int, footage: Footage, settings: Settings, *, work: Path, progress: Progress
) -> Cleaner:
    """What fills one window, after a look at its frames and those within reach."""
    around = range(max(0, window.start - settings.reach), min(footage.length, window.stop + settings.reach))
    with progress.task("camera motion", len(around)) as tick:
        survey = make_survey(footage, around, work, tick)
    return Cleaner(footage, survey, window, settings, folder=work, start=start)


def _patch(piece: Piece, footage: Footage, stored: np.dtype[Any]) -> Patch:
    """A piece in the layer's codes, of the type that it stores: half floats are computed with as singles."""
    colour: Any = piece.colour
    if footage.dtype.kind != "f":
        colour = np.rint(np.clip(colour, 0, footage.peak))
    alpha = np.rint(piece.alpha * ALPHA_PEAK).astype(np.uint16)
    return Patch(piece.box[0], piece.box[1], colour.astype(stored), alpha)


def _frames_to_fill(quadmask: QuadMask, reasoning: Reasoning | None) -> list[int]:
    """Frames with something removed, or with a shadow or reflection of it."""
    casts = cast_things(reasoning)
    return [
        n
        for n in quadmask.changed_frames
        if _share_removed(quadmask, n) > 0 or any(thing.onset <= n <= thing.end for thing in casts)
    ]


def _share_removed(quadmask: QuadMask, frame: int) -> float:
    counts = dict(zip(LABELS, quadmask.summaries[frame].counts, strict=True))
    return (counts[REMOVE] + counts[OVERLAP]) / (quadmask.height * quadmask.width)


def _work(scene: Scene, quadmask: QuadMask, windows: tuple[range, ...], settings: Settings) -> Work:
    boxes = []
    for frame in (n for window in windows for n in window):
        y0, x0, y1, x1 = quadmask.box_of_change(frame) or (0, 0, 0, 0)
        boxes.append((y1 - y0) * (x1 - x0))
    surveyed = sum(len(window) + 2 * settings.reach for window in windows)
    surveyed = min(surveyed, len(scene.clip) * len(windows))
    return Work(quadmask.height, quadmask.width, boxes, surveyed, len(windows), settings.sources)


def _notes(scene: Scene) -> list[str]:
    notes = ["Fills from other frames of the plate; what no frame shows is filled with texture from around it."]
    known = scene.reasoning.affected if scene.reasoning else ()
    left = [thing for thing in known if thing not in cast_things(scene.reasoning)]
    unsure = [thing.name for thing in left if thing.kind in CAST_KINDS]
    moving = [thing.name for thing in left if thing.kind not in CAST_KINDS]
    if unsure:
        notes.append(f"Leaves what is no likelier there than not: {', '.join(unsure)}.")
    if moving:
        notes.append(f"Invents no motion: {', '.join(moving)} stays as the plate has it.")
    elif scene.reasoning is None:
        notes.append("Invents no motion: what the mask marks as affected stays as the plate has it.")
    return notes
