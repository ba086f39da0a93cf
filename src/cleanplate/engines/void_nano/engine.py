"""The engine `void-nano`: things go out of a clip, and what they held moves as a small model says, on a laptop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano import cost
from cleanplate.engines.void_nano.asking import asked
from cleanplate.engines.void_nano.clean import Emptied
from cleanplate.engines.void_nano.glance import glance
from cleanplate.engines.void_nano.outline import Outline
from cleanplate.engines.void_nano.production import Production
from cleanplate.engines.void_nano.settings import Settings, settings_of
from cleanplate.engines.void_nano.window import TooLong, Window
from cleanplate.errors import InputError
from cleanplate.masks.quadmask import QuadMask
from cleanplate.models.catalogue.shipped import card_of
from cleanplate.models.moving.domain import Domain, known
from cleanplate.models.running.speed import speed
from cleanplate.models.store import moving as store
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Generated, Plan, Refusal, Scene
from cleanplate.progress import Progress

_VERSION = 3
"""Goes up when the same parameters give other pixels."""
PREVIEW = "Research preview: a small model, trained on simulated worlds alone, says what moves where. Look at it."


class NanoEngine:
    """Moves the plate's own pixels to where they would have gone, over a clean plate by `propagate`.

    Args:
        name: the row of the table of models that this engine is for.
        weights: a folder that `cleanplate train void --config nano` has written; None takes those of the package.
        settings: by name, see `Settings`.
    """

    def __init__(self, name: str, weights: str | None = None, settings: Mapping[str, Any] | None = None) -> None:
        self.name, self._settings, self._weights = name, settings_of(settings or {}), weights or name

    def plan(self, edit: Remove | Add | ReplaceBackground, scene: Scene, machine: Machine, seed: int) -> Plan | Refusal:
        """What it would do, or why it cannot.

        Raises:
            InputError: weights that are none of void-nano's, or not whole; a quadmask of another length.
        """
        quadmask = scene.quadmask
        if not isinstance(edit, Remove) or quadmask is None:
            return self._refuse("it removes; it adds nothing and changes no background", "Choose another engine.")
        if len(quadmask) != len(scene.clip):
            raise InputError(
                f"the quadmask has {len(quadmask)} frames, the plate {len(scene.clip)}",
                where=str(quadmask.path),
                remedy="Make it anew for this plate.",
            )
        system = store.system_of(self._weights)
        outline = Outline.of(system, quadmask, scene.clip.info, self._settings)
        if not outline.runs:
            return self._refuse("the quadmask keeps everything on every frame", "Mark what is to go.")
        if isinstance(outline.window, TooLong):
            return self._refuse(*_too_long(outline.window))
        fill = outline.fill()
        calls, device = self._settings.calls(system.sampling), device_name()
        needed = cost.memory(fill, system, self._settings.sampling(system.sampling))
        if needed > machine.memory_bytes:
            return self._refuse(
                f"it needs {needed / 1e9:.1f} GB of memory and {machine.memory_bytes / 1e9:.1f} GB is free",
                "Close other programs, or work on a smaller version of the clip.",
            )
        return Plan(
            engine=self.name,
            windows=outline.runs,
            seconds=cost.seconds(fill, system, calls, speed(device), machine.threads),
            memory_bytes=needed,
            disk_bytes=cost.disk(fill),
            parameters={"version": _VERSION, "seed": seed, **self._settings.model_dump(mode="json")},
            notes=(PREVIEW, *outline.notes()),
            weights=store.digest_of(self._weights),
            device=device,
        )

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        """Fill, ask and lay; called again after a kill it goes on from the last whole frame."""
        if scene.quadmask is None:
            raise ValueError("a plan is for a scene with a quadmask")
        chosen = plan.parameters
        settings = Settings.model_validate({name: chosen[name] for name in Settings.model_fields})
        system = store.system_of(self._weights)
        outline = Outline.of(system, scene.quadmask, scene.clip.info, settings)
        production = Production(scene, scene.quadmask, outline, self._weights, folder, seed=chosen["seed"])
        layer, verdict = production.run(progress)
        return Generated(layer, measurements=outline.figures(verdict))

    def moves(self, scene: Scene) -> bool:
        """Whether there is a window that the model would be asked about."""
        return scene.quadmask is not None and isinstance(self._outline(scene, scene.quadmask).window, Window)

    def knows(self, scene: Scene, seed: int) -> bool:
        """Whether the clip is like what the model has learned from: by a quick look, and its card's thresholds."""
        most = self.thresholds()
        found = self.domain(scene, seed) if most else None
        return found is not None and found.within(most)

    def thresholds(self) -> dict[str, float]:
        """What the model's card calls known, by name; empty where it says nothing."""
        return known(card_of(store.folder_of(self._weights)))

    def domain(self, scene: Scene, seed: int) -> Domain | None:
        """How much the clip is like what the model has learned from, by a quick look; None where nothing is asked."""
        if scene.quadmask is None:
            return None
        outline = self._outline(scene, scene.quadmask)
        if not isinstance(outline.window, Window):
            return None
        plate, emptied = Plate(scene.clip, scene.quadmask, outline.framing), Emptied(scene, scene.quadmask)
        given = glance(plate, emptied, outline.window, seed)
        found = asked(*store.model_of(self._weights, device_name()), given, self._settings, seed)
        return None if found is None else found.domain()

    def _outline(self, scene: Scene, quadmask: QuadMask) -> Outline:
        return Outline.of(store.system_of(self._weights), quadmask, scene.clip.info, self._settings)

    def _refuse(self, why: str, remedy: str) -> Refusal:
        return Refusal(self.name, why, remedy)


def _too_long(found: TooLong) -> tuple[str, str]:
    """Why, and what to do."""
    return (
        f"frames {found.first} to {found.last} have something affected, and it knows what happens within "
        f"{found.seconds:g} seconds",
        "Give fewer with --frames, take what lasts out of the mask with --keep, or use --engine propagate.",
    )
