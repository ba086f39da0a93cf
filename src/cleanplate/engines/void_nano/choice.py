"""The engine `auto`: void-nano where its weights are there, may run by themselves and know clips like this, `propagate`
elsewhere."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cleanplate.engines.propagate.engine import PropagateEngine
from cleanplate.models.catalogue import shipped
from cleanplate.models.catalogue.shipped import NANO
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Engine, Generated, Plan, Refusal, Scene
from cleanplate.progress import Progress

if TYPE_CHECKING:
    from cleanplate.engines.void_nano.engine import NanoEngine

_CHOSEN = "void-nano runs by itself: the clip is like those that it has learned from."
_STATIC = "Nothing dynamic is invented"


class AutoEngine:
    """Plans with both and keeps one; a plan says whose it is."""

    name = "auto"

    def plan(self, edit: Remove | Add | ReplaceBackground, scene: Scene, machine: Machine, seed: int) -> Plan | Refusal:
        """void-nano's plan where that engine knows the clip, or `propagate`'s."""
        plain = PropagateEngine().plan(edit, scene, machine, seed)
        row = shipped.SHIPPED.get(NANO)
        if isinstance(plain, Refusal) or row is None or not row.by_itself or find_spec("torch") is None:
            return plain
        engine = _nano()
        moving = engine.plan(edit, scene, machine, seed)
        if isinstance(moving, Refusal):
            return _noted(plain, f"{_STATIC}: void-nano was not asked, since {moving.why}.")
        if not engine.moves(scene):
            return plain
        if not engine.knows(scene, seed):
            return _noted(plain, f"{_STATIC}: the clip is unlike those that void-nano has learned from.")
        return _noted(moving, _CHOSEN)

    def generate(self, plan: Plan, scene: Scene, folder: Path, progress: Progress) -> Generated:
        """By the engine that the plan is of."""
        engine: Engine = _nano() if plan.engine == NANO else PropagateEngine()
        return engine.generate(plan, scene, folder, progress)


def _nano() -> NanoEngine:
    from cleanplate.engines.void_nano.engine import NanoEngine

    return NanoEngine(NANO)


def _noted(plan: Plan, note: str) -> Plan:
    return replace(plan, notes=(*plan.notes, note))
