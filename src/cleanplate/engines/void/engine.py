"""The engine `void-5b`: things go out of a clip with what they did to it, and what would have happened is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.learned.reading import reading as reading_memory
from cleanplate.engines.void import cost
from cleanplate.engines.void.fitting import ROOM, Lack, fitted, lacking
from cleanplate.engines.void.footage import Footage
from cleanplate.engines.void.outline import Outline
from cleanplate.engines.void.parts import Parts
from cleanplate.engines.void.production import Job, Production
from cleanplate.engines.void.settings import Settings, settings_of
from cleanplate.engines.void.verdict import measured
from cleanplate.engines.void.wording import another_size, description, notes
from cleanplate.errors import InputError, UsageError
from cleanplate.masks.quadmask import QuadMask
from cleanplate.models.catalogue.voids import VOIDS
from cleanplate.models.footprint import spare
from cleanplate.models.running.speed import speed
from cleanplate.models.text.instruction import warnings
from cleanplate.models.tokens.backends import kernel
from cleanplate.motion.flow import LearnedFlow
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Generated, Plan, Refusal, Scene
from cleanplate.progress import Progress

_VERSION = 2
"""Goes up when the same parameters give other pixels."""
_LOCAL = {"max_vram", "flow_weights"}
"""Decides how models run and where they lie, and through that alone what comes out."""


class VoidEngine:
    """Draws what a scene would have looked like without the removed things, by VOID's two passes.

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
        parts: Callable[[str], Parts] = Parts,
    ) -> None:
        self.name, self._settings = name, settings_of(settings or {})
        self._weights, self._named = weights or name, parts

    def plan(self, edit: Remove | Add | ReplaceBackground, scene: Scene, machine: Machine, seed: int) -> Plan | Refusal:
        """What it would do, or why it cannot.

        Raises:
            UsageError: an empty description, or settings that this machine cannot serve.
            InputError: weights that are none of VOID's, are cut short, or could run code; a quadmask of another length.
        """
        if not isinstance(edit, Remove):
            return self._refuse("it removes; it adds nothing and changes no background", "Choose another engine.")
        if scene.quadmask is None:
            return self._refuse("it needs a quadmask, which says what goes and what follows", "Give --mask, or clicks.")
        _require_fit(scene.quadmask, scene)
        prompt = description(edit, scene.reasoning)
        parts, device = self._named(self._weights), device_name()
        config, wanted = parts.config(), self._settings.of(device)
        flow = registry.flow(wanted.flow, wanted.flow_weights)
        kernel(wanted.running.attention)
        guided = scene.motion is not None
        passes = self._passes(parts, wanted, guided=guided)
        asked = Outline.of(config, scene.quadmask, scene.clip.info, passes, guided=guided)
        if not asked.takes:
            return self._refuse("the quadmask keeps everything on every frame", "Mark what is to go.")
        outline = fitted(asked, device, machine)
        if isinstance(outline, Lack):
            return self._refuse(outline.why, outline.remedy)
        texts = [prompt, wanted.negative]
        if (reading := reading_memory(parts.reading(texts))) > spare(machine.memory_bytes):
            return self._refuse(lacking(reading, machine.memory_bytes, "to read the words"), ROOM)
        settings, cleared = outline.settings, _cleared(outline, scene, scene.quadmask)
        return Plan(
            engine=self.name,
            windows=tuple(take.frames for take in outline.takes),
            seconds=sum(cost.seconds(outline, device, machine.threads, speed(device, settings.running.dtype)).values()),
            memory_bytes=max(reading, cost.beside(outline, device)),
            disk_bytes=cost.disk(outline, scene.clip.info),
            parameters={
                "version": _VERSION,
                "kind": edit.kind,
                "prompt": prompt,
                "seed": seed,
                **settings.model_dump(mode="json", exclude=_LOCAL),
                **({"flow_digest": flow.digest} if isinstance(flow, LearnedFlow) else {}),
                **({"motion": scene.motion.digest} if scene.motion is not None else {}),
            },
            notes=(
                *warnings(parts.read(texts).cuts),
                *another_size(config, VOIDS[self.name].config, self.name),
                *notes(outline, wanted, cleared, edit, scene.reasoning),
            ),
            weights=parts.digest(outline.passes),
            device=device,
        )

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        """Draw stage after stage; called again after a kill it goes on from the last whole step."""
        asked, quadmask = plan.parameters, scene.quadmask
        if quadmask is None:
            raise ValueError("a plan is for a scene with a quadmask")
        parts = self._named(self._weights)
        settings = Settings.model_validate({name: asked[name] for name in Settings.model_fields if name in asked})
        guided = scene.motion is not None
        outline = Outline.of(parts.config(), quadmask, scene.clip.info, settings, guided=guided)
        job = Job(
            scene=scene,
            quadmask=quadmask,
            outline=outline,
            prompt=asked["prompt"],
            seed=asked["seed"],
            flow=registry.flow(settings.flow, self._settings.flow_weights),
            key=f"{plan.weights} {plan.device} {json.dumps(asked, sort_keys=True)}",
            worth=cost.worth(outline, plan.device),
        )
        production = Production(job, parts, folder)
        layer, verdicts = production.run(progress)
        spans = [
            {**figures, "cleared": cleared, "pass2": verdict.refine, "why": verdict.why}
            for figures, cleared, verdict in zip(
                outline.figures(), _cleared(outline, scene, quadmask), verdicts, strict=True
            )
        ]
        measurements = {"spans": spans, "morph": measured(verdicts, settings.threshold)}
        return Generated(layer, measurements=measurements, byproduct=production.screening())

    def _passes(self, parts: Parts, wanted: Settings, *, guided: bool) -> Settings:
        """As asked; where the morph check decides and there are no weights of a second pass, there is none.

        Raises:
            UsageError: it is given a motion to follow, and must not.
            InputError: the second pass is asked for, and there are no weights of it, or of another geometry.
        """
        if guided and wanted.pass2 == "never":
            raise UsageError("the second pass is what follows a motion, and it is to run never", remedy=_FOLLOWING)
        if guided:
            wanted = wanted.model_copy(update={"pass2": "always"})
        if wanted.pass2 == "auto" and not parts.has(2):
            return wanted.model_copy(update={"pass2": "never"})
        if wanted.pass2 != "never" and parts.config(2) != parts.config(1):
            raise InputError("the two passes are of different sizes", where=self._weights, remedy="Name one model's.")
        return wanted

    def _refuse(self, why: str, remedy: str) -> Refusal:
        return Refusal(self.name, why, remedy)


_FOLLOWING = "Leave --motion out, or --pass2 never."


def _require_fit(quadmask: QuadMask, scene: Scene) -> None:
    if len(quadmask) != len(scene.clip):
        raise InputError(
            f"the quadmask has {len(quadmask)} frames, the plate {len(scene.clip)}",
            where=str(quadmask.path),
            remedy="Make it anew for this plate.",
        )


def _cleared(outline: Outline, scene: Scene, quadmask: QuadMask) -> tuple[int, ...]:
    """Of every span's first frame, the affected samples that the model is told to keep."""
    footages = (Footage(scene.clip, quadmask, take.span, take.framing) for take in outline.takes)
    return tuple(footage.cleared for footage in footages)
