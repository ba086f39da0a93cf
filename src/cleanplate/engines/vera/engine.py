"""The engine `vera`: what an instruction describes, drawn as a layer over the plate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cleanplate.engines.learned.device import device_memory, device_name
from cleanplate.engines.learned.reading import reading as reading_memory
from cleanplate.engines.vera.closer import Thing, things_of
from cleanplate.engines.vera.finish import COARSE
from cleanplate.engines.vera.footage import Footage
from cleanplate.engines.vera.outline import Outline, smaller
from cleanplate.engines.vera.parts import Parts, StoredParts
from cleanplate.engines.vera.placement import Stage
from cleanplate.engines.vera.production import Job, Production, where
from cleanplate.engines.vera.settings import settings_of
from cleanplate.engines.vera.subject import note_of
from cleanplate.errors import InputError
from cleanplate.models.catalogue.places import published
from cleanplate.models.catalogue.shipped import VERA_NANO
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.table import model
from cleanplate.models.footprint import spare
from cleanplate.models.text.instruction import required, warnings
from cleanplate.models.text.words import NAME as WORDS
from cleanplate.models.tokens.backends import kernel
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Generated, Plan, Refusal, Scene
from cleanplate.progress import Progress

_VERSION = 6
"""Goes up when the same parameters give other pixels."""
_BRANCHES = {"edit", "alpha", "composite"}
_TRAIN = (
    "Train it with `cleanplate train vera` from Wan2.1, and name the folder with --weights FOLDER; or see the path "
    f"with --engine {VERA_NANO}, a research preview that comes with this package."
)
_ROOM = "Close other programs, use a machine with more, or a smaller model."
_TURNED_ROUND = "White may change in a region, and stays in a keep mask: is one of them turned round?"


class VeraEngine:
    """Draws an edit and its alpha by a mixture of transformers.

    Args:
        name: the row of the table of models that this engine is for.
        weights: a folder, a repository of the hub, or a row's name; None takes what is published for the row.
        settings: by name, see `Settings`.
        parts: loads what the weights name.
    """

    def __init__(
        self,
        name: str,
        weights: str | None = None,
        settings: Mapping[str, Any] | None = None,
        parts: Callable[[str], Parts] = StoredParts,
    ) -> None:
        self.name, self._settings = name, settings_of(settings or {})
        self._weights, self._named = weights, parts

    def plan(self, edit: Remove | Add | ReplaceBackground, scene: Scene, machine: Machine, seed: int) -> Plan | Refusal:
        """What it would do, or why it cannot.

        Raises:
            UsageError: an empty instruction, or one in words that the model has not learned.
            InputError: weights that are none of Vera's, are cut short, or could run code; words for a place in which
                nothing may change.
        """
        if isinstance(edit, Remove):
            return self._refuse("it adds things and changes backgrounds; it removes nothing", "Choose another engine.")
        instruction = required(edit.instruction)
        if (vocabulary := model(self.name).vocabulary) is not None:
            vocabulary.require(instruction, self.name, background=isinstance(edit, ReplaceBackground))
        if self._weights is None and not published(self.name):
            return self._refuse(f"nobody has published weights of {self.name}", _TRAIN)
        parts = self._parts()
        system, device = parts.system(), device_name()
        _require_vera(system, self._weights or self.name)
        settings = self._settings.of(system, device)
        kernel(settings.running.attention)
        things = self._things(system, edit.kind, instruction)
        outline = Outline.of(system, scene, settings, things=len(things))
        if not outline.windows:
            return self._refuse("the masks leave nothing to edit", _TURNED_ROUND)
        if outline.memory(device) > spare(device_memory(machine)):
            return self._too_large(outline, scene, machine)
        texts = instruction, edit.negative
        if (reading := reading_memory(parts.reading(texts))) > spare(machine.memory_bytes):
            return self._too_little(reading, machine.memory_bytes, "to read the words", _ROOM)
        cuts = parts.read(texts).cuts
        if things:  # what cannot be placed is told before anything is drawn
            where(things, Stage.of(scene, outline.size, outline.frames), parts, seed)
        kept = self._kept(system, edit, scene)
        edges = isinstance(edit, ReplaceBackground) and self._settings.edges
        return Plan(
            engine=self.name,
            windows=tuple(window.frames for window in outline.windows),
            seconds=outline.seconds(device, machine.threads),
            memory_bytes=max(reading, outline.memory(device) if device == "cpu" else 0),
            disk_bytes=outline.disk(scene),
            parameters={
                "version": _VERSION,
                "kind": edit.kind,
                "instruction": instruction,
                "negative": edit.negative,
                "seed": seed,
                **settings.model_dump(mode="json"),
                "kept": None if kept is None else list(kept),
                "edges": edges,
                "finished": self._settings.finish and outline.coarseness(scene) >= COARSE,
            },
            notes=(*warnings(cuts), *self._notes(outline), *self._found(kept, outline, scene)),
            weights=parts.digest(),
            device=device,
        )

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        """Draw window after window; called again after a kill it goes on from the last whole one."""
        parts, asked = self._parts(), plan.parameters
        system = parts.system()
        things = self._things(system, asked["kind"], asked["instruction"])
        outline = Outline.of(system, scene, self._settings.of(system, plan.device), things=len(things))
        job = Job(
            scene=scene,
            texts=(asked["instruction"], asked["negative"]),
            things=things,
            kept=None if asked["kept"] is None else tuple(asked["kept"]),
            seed=asked["seed"],
            sampling=outline.sampling,
            running=outline.settings.running,
            windows=outline.windows,
            frames=outline.frames,
            size=outline.size,
            guided=asked["kind"] == "replace_background",
            edges=asked["edges"],
            finished=asked["finished"],
        )
        production = Production(job, parts, folder)
        layer = production.run(progress)
        return Generated(layer, measurements=outline.figures(), byproduct=production.composite())

    def _parts(self) -> Parts:
        return self._named(self._weights or self.name)

    def _things(self, system: System, kind: str, instruction: str) -> tuple[Thing, ...]:
        """What is added in close-ups; nothing by systems and edits without."""
        closer = kind == "add" and system.closeup is not None
        return things_of(instruction, model(self.name).vocabulary) if closer else ()

    def _kept(self, system: System, edit: Add | ReplaceBackground, scene: Scene) -> tuple[str, ...] | None:
        """Names of what has to be found, as no mask says where it is; None of edits and systems without."""
        vocabulary = model(self.name).vocabulary
        if vocabulary is None or system.text != WORDS or scene.masked or isinstance(edit, Add):
            return None
        return vocabulary.names.kept(edit.instruction)

    def _found(self, kept: tuple[str, ...] | None, outline: Outline, scene: Scene) -> list[str]:
        if kept is None:
            return []
        footage = Footage(scene.clip, scene.permitted, outline.size)
        return [note_of(self._parts().finder(), kept, footage, outline.frames)]

    def _refuse(self, why: str, remedy: str) -> Refusal:
        return Refusal(self.name, why, remedy)

    def _too_large(self, outline: Outline, scene: Scene, machine: Machine) -> Refusal:
        """With the gentlest setting that would fit."""
        device, free = device_name(), device_memory(machine)
        fitting = (
            written
            for written, settings in smaller(outline.settings, outline.system, device)
            if Outline.of(outline.system, scene, settings, things=outline.things).memory(device) <= spare(free)
        )
        fits = next(fitting, None)
        needed, why = outline.memory(device), "to draw" if device == "cpu" else "of the accelerator to draw"
        return self._too_little(needed, free, why, f"{fits} would fit." if fits else _ROOM)

    def _too_little(self, needed: int, free: int, why: str, remedy: str) -> Refusal:
        return self._refuse(
            f"it needs about {needed / 1e9:.1f} GB of memory {why}, and {max(0, spare(free)) / 1e9:.1f} GB can be had",
            remedy,
        )

    def _notes(self, outline: Outline) -> list[str]:
        size, notes = outline.size, []
        if model(self.name).vocabulary is not None:
            notes.append(
                f"Research preview: {self.name} is a toy in scale; judge the path by it, not what is possible."
            )
        if outline.system.transformer != model(self.name).system.transformer:
            notes.append(f"The weights are of another size than {self.name}: do not judge that model by this result.")
        notes.append(f"Drawn at {size.columns} x {size.rows} in {len(outline.windows)} windows.")
        if outline.step > 1:
            notes.append(f"Every {_ordinal(outline.step)} frame is drawn; those between follow its motion.")
        return notes


def _require_vera(system: System, where: str) -> None:
    if {branch.name for branch in system.transformer.branches} != _BRANCHES:
        named = ", ".join(branch.name for branch in system.transformer.branches)
        remedy = "Name the folder of a model with the branches edit, alpha and composite."
        raise InputError(f"these weights draw {named}, and no layer", where=where, remedy=remedy)


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
