"""`remove`: select → reason → quadmask → plan → generate → layer → package, each stage kept for the next try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from cleanplate.edit.layer import Layer
from cleanplate.edit.manifest import EngineRecord, RegionRecord
from cleanplate.edit.package import LAYER, QUADMASK, ShotPackage
from cleanplate.edit.region import QuadMaskRegion
from cleanplate.errors import CleanplateError
from cleanplate.media.clip import Clip
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.export import require_known
from cleanplate.pipeline.finish import MASK_FILES, Finish
from cleanplate.pipeline.preflight import Preflight, preflight
from cleanplate.pipeline.protocols import WORK, Generated, Plan, Scene
from cleanplate.pipeline.record import Draft
from cleanplate.pipeline.rematte import MatteChange, rewrite_matte
from cleanplate.pipeline.removal import Removal, edit_frames
from cleanplate.pipeline.workshop import Workshop, deliver, opened
from cleanplate.progress import Progress, Silent

_GENERATED = ".generated"


def remove(
    plate: Path | str,
    edit: Remove,
    out: Path | str,
    *,
    engine: str = "propagate",
    seed: int = 0,
    rate: Fraction | None = None,
    exports: Sequence[str] = (),
    chroma_safe: bool = False,
    reuse: Path | None = None,
    watch: Callable[[Preflight], None] | None = None,
    progress: Progress | None = None,
) -> ShotPackage:
    """Take objects out of a clip and write the shot package `out`.

    Run again with the same arguments after a kill, it goes on from the last whole stage or segment.

    Args:
        plate: a video file, or a folder or pattern of images.
        edit: what goes; points in display pixels.
        rate: frames a second of an image sequence.
        exports: names of `pipeline.export.EXPORTS`.
        chroma_safe: shrink the matte to whole chroma footprints.
        reuse: a folder that an earlier run wrote, whose finished stages serve where their inputs are the same.
        watch: called with the estimate before anything is generated; it may raise `workshop.Abandoned` to stop.
    Raises:
        CleanplateError: of the kind that says what to do; nothing is left under `out` then.
    """
    out, progress, part = Path(out), progress or Silent(), registry.engine(engine)
    require_known(exports)
    with Clip.open(plate, rate=rate) as clip, opened(out, reuse) as shop:
        frames = edit_frames(edit, clip)
        removal = Removal(shop, clip, edit, progress)
        scene = removal.scene()
        plan = preflight(part.plan(edit, scene, shop.machine, seed), clip.info, shop.machine)
        if watch is not None:
            watch(plan)
        measured = _generate(shop, scene, plan.plan, chroma_safe, progress)
        parameters = dict(plan.plan.parameters) | {"chroma_safe": chroma_safe}
        draft = Draft(
            edit=edit.model_dump(mode="json"),
            engine=EngineRecord(name=engine, seed=seed, threads=shop.machine.threads, parameters=parameters),
            region=RegionRecord(kind="quadmask", file=QUADMASK, frames=(frames.start, frames.stop - 1)),
            layer_key=shop.key("layer"),
            notes=plan.plan.notes,
            warnings=tuple(removal.warnings),
            measurements=measured,
            exports=tuple(exports),
        )
        return Finish(shop, clip, Layer.open(shop.folder / LAYER), draft, out, progress).deliver()


def mask(
    plate: Path | str,
    edit: Remove,
    out: Path | str,
    *,
    rate: Fraction | None = None,
    reuse: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Stop after the quadmask: `out` then holds tracks, reasoning.json and quadmask.mkv, for `remove(reuse=out)`.

    Returns:
        `out`, and warnings such as frames on which the object is lost.
    """
    out = Path(out)
    with Clip.open(plate, rate=rate) as clip, opened(out, reuse) as shop:
        removal = Removal(shop, clip, edit, progress or Silent())
        removal.scene()
        deliver(shop, out, MASK_FILES)
        return out, (*clip.info.warnings, *removal.warnings)


def _generate(shop: Workshop, scene: Scene, plan: Plan, chroma_safe: bool, progress: Progress) -> dict[str, Any]:
    """The layer, by the engine; its figures."""
    folder = _GENERATED if chroma_safe else LAYER
    inputs = {
        "plate": scene.clip.source_hash,
        "quadmask": shop.key("quadmask"),
        "reasoning": shop.key("reason"),
        "engine": plan.engine,
        "windows": [[window.start, window.stop] for window in plan.windows],
        "parameters": dict(plan.parameters),
        "chroma_safe": chroma_safe,
    }

    def work() -> dict[str, Any]:
        made: Generated = registry.engine(plan.engine).generate(plan, scene, shop.folder / folder, progress)
        if not len(made.layer):
            raise CleanplateError("the engine made nothing", where=plan.engine, remedy="Please report this.")
        if chroma_safe and scene.quadmask is not None:
            region = QuadMaskRegion(scene.quadmask)
            change = MatteChange(chroma_safe=True)
            rewrite_matte(made.layer, scene.clip, region, shop.folder / LAYER, change=change, progress=progress)
        return {"measurements": dict(made.measurements)}

    measured: dict[str, Any] = shop.stage(
        "layer", inputs, [LAYER], work, leaves=[LAYER], spent=[_GENERATED, f"{LAYER}/{WORK}"]
    )["measurements"]
    Layer.open(shop.folder / LAYER).require_fit(scene.clip.info)
    return measured
