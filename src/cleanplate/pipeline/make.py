"""How every shot is made: plan → generate → layer → package, each stage kept for the next try."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from cleanplate.edit.layer import Layer
from cleanplate.edit.manifest import EngineRecord, RegionRecord
from cleanplate.edit.package import GENERATED, LAYER, MOTION, ShotPackage
from cleanplate.errors import CleanplateError
from cleanplate.media.clip import Clip
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Add, Remove, ReplaceBackground
from cleanplate.pipeline.export import require_known
from cleanplate.pipeline.finish import Finish
from cleanplate.pipeline.preflight import Preflight, preflight
from cleanplate.pipeline.protocols import WORK, Engine, Plan, Scene
from cleanplate.pipeline.record import Draft
from cleanplate.pipeline.rematte import MatteChange, rewrite_matte
from cleanplate.pipeline.workshop import Workshop, opened
from cleanplate.progress import Progress, Silent

_RAW = ".generated"


@dataclass(frozen=True)
class Order:
    """How a shot is to be made, whatever the edit.

    Attributes:
        engine: of `registry.ENGINES`.
        weights: the engine's, where it takes any: a folder or a hub id.
        settings: of the engine, by name.
        rate: frames a second of an image sequence.
        exports: names of `pipeline.export.EXPORTS`.
        chroma_safe: shrink the matte to whole chroma footprints.
        reuse: a folder that an earlier run wrote, whose finished stages serve where their inputs are the same.
        watch: called with the estimate before anything is generated; it may raise `workshop.Abandoned` to stop.
    """

    engine: str
    weights: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    rate: Fraction | None = None
    exports: Sequence[str] = ()
    chroma_safe: bool = False
    reuse: Path | None = None
    watch: Callable[[Preflight], None] | None = None
    progress: Progress = field(default_factory=Silent)


@dataclass(frozen=True)
class Prepared:
    """What the first stages of an edit found.

    Attributes:
        region: where anything may change, for the manifest.
        inputs: JSON values that, with the plate and the plan, decide the layer.
    """

    scene: Scene
    region: RegionRecord
    inputs: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def make(
    plate: Path | str,
    edit: Remove | Add | ReplaceBackground,
    out: Path,
    order: Order,
    prepare: Callable[[Workshop, Clip], Prepared],
) -> ShotPackage:
    """Make one shot.

    Args:
        prepare: runs the stages that lead to a scene.
    Raises:
        CleanplateError: of the kind that says what to do; nothing is left under `out` then.
    """
    require_known(order.exports)
    engine = registry.engine(order.engine, order.weights, order.settings)
    with Clip.open(plate, rate=order.rate) as clip, opened(out, order.reuse) as shop:
        prepared = prepare(shop, clip)
        estimate = preflight(engine.plan(edit, prepared.scene, shop.machine, order.seed), clip.info, shop.machine)
        if order.watch is not None:
            order.watch(estimate)
        plan = estimate.plan
        measured = _generate(shop, engine, plan, prepared, order)
        draft = Draft(
            edit=edit.model_dump(mode="json"),
            engine=EngineRecord(
                name=plan.engine,
                weights_sha256=plan.weights,
                seed=order.seed,
                threads=shop.machine.threads,
                device=plan.device,
                parameters=dict(plan.parameters) | {"chroma_safe": order.chroma_safe},
            ),
            region=prepared.region,
            layer_key=shop.key("layer"),
            notes=plan.notes,
            warnings=prepared.warnings,
            measurements=measured,
            exports=tuple(order.exports),
        )
        return Finish(shop, clip, Layer.open(shop.folder / LAYER), draft, out, order.progress).deliver()


def _generate(shop: Workshop, engine: Engine, plan: Plan, prepared: Prepared, order: Order) -> dict[str, Any]:
    """The layer, by the engine; its figures."""
    scene, folder = prepared.scene, _RAW if order.chroma_safe else LAYER
    inputs = {
        "plate": scene.clip.source_hash,
        **prepared.inputs,
        "engine": plan.engine,
        "weights": plan.weights,
        "device": plan.device,
        "windows": [[window.start, window.stop] for window in plan.windows],
        "parameters": dict(plan.parameters),
        "chroma_safe": order.chroma_safe,
    }

    def work() -> dict[str, Any]:
        made = engine.generate(plan, scene, shop.folder / folder, order.progress)
        if not len(made.layer):
            raise CleanplateError("the engine made nothing", where=plan.engine, remedy=_NOTHING_MADE)
        if order.chroma_safe:
            change = MatteChange(chroma_safe=True)
            rewrite_matte(
                made.layer, scene.clip, scene.permitted, shop.folder / LAYER, change=change, progress=order.progress
            )
        if made.byproduct is not None:
            made.byproduct.replace(shop.folder / GENERATED)
        if made.motion is not None:
            made.motion.replace(shop.folder / MOTION)
        return {"measurements": dict(made.measurements)}

    spent = [_RAW, f"{LAYER}/{WORK}"]
    stage = shop.stage("layer", inputs, [LAYER], work, leaves=[LAYER, GENERATED, MOTION], spent=spent)
    Layer.open(shop.folder / LAYER).require_fit(scene.clip.info)
    measured: dict[str, Any] = stage["measurements"]
    return measured


_NOTHING_MADE = "Try another seed, other words or a larger region."
