"""`remove`: select → reason → quadmask → plan → generate → layer → package, each stage kept for the next try."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from cleanplate.edit.manifest import RegionRecord
from cleanplate.edit.package import QUADMASK, ShotPackage
from cleanplate.errors import UsageError
from cleanplate.media.clip import Clip
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.finish import MASK_FILES
from cleanplate.pipeline.make import Order, Prepared, make
from cleanplate.pipeline.moving import motion_of
from cleanplate.pipeline.preflight import Preflight
from cleanplate.pipeline.registry import ENGINES
from cleanplate.pipeline.removal import Removal, edit_frames
from cleanplate.pipeline.workshop import Workshop, deliver, opened
from cleanplate.progress import Progress, Silent


def remove(
    plate: Path | str,
    edit: Remove,
    out: Path | str,
    *,
    engine: str = "auto",
    weights: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    rate: Fraction | None = None,
    exports: Sequence[str] = (),
    chroma_safe: bool = False,
    reuse: Path | None = None,
    asking: Mapping[str, Any] | None = None,
    watch: Callable[[Preflight], None] | None = None,
    progress: Progress | None = None,
) -> ShotPackage:
    """Take objects out of a clip and write the shot package `out`.

    Run again with the same arguments after a kill, it goes on from the last whole stage or segment.

    Args:
        plate: a video file, or a folder or pattern of images.
        edit: what goes; points in display pixels.
        weights: the engine's, where it takes any: a folder or a hub id. Those of a segmenter are the edit's.
        settings: of the engine, by name.
        rate: frames a second of an image sequence.
        exports: names of `pipeline.export.EXPORTS`.
        chroma_safe: shrink the matte to whole chroma footprints.
        reuse: a folder that an earlier run wrote, whose finished stages serve where their inputs are the same.
        asking: how the reasoner's model is asked, by name, such as ``{"allow_upload": True}``.
        watch: called with the estimate before anything is generated; it may raise `workshop.Abandoned` to stop.
    Raises:
        CleanplateError: of the kind that says what to do; nothing is left under `out` then.
    """

    if edit.prompt is not None and engine in ENGINES and not ENGINES[engine].tuned:
        raise UsageError(f"the engine '{engine}' reads no description", remedy="Leave --prompt out.")
    if edit.motion is not None and engine in ENGINES and not ENGINES[engine].guided:
        raise UsageError(f"the engine '{engine}' follows no motion", remedy="Leave --motion out.")

    def prepare(shop: Workshop, clip: Clip) -> Prepared:
        frames = edit_frames(edit, clip)
        removal = Removal(shop, clip, edit, progress or Silent(), asking)
        motion = None if edit.motion is None else motion_of(edit.motion, clip)
        return Prepared(
            scene=replace(removal.scene(), motion=motion),
            region=RegionRecord(kind="quadmask", file=QUADMASK, frames=(frames.start, frames.stop - 1)),
            inputs={
                "quadmask": shop.key("quadmask"),
                "reasoning": shop.key("ground") or shop.key("reason"),
                **({} if motion is None else {"motion": motion.digest}),
            },
            warnings=tuple(removal.warnings),
        )

    order = Order(
        engine=engine,
        weights=weights,
        settings=settings or {},
        seed=seed,
        rate=rate,
        exports=exports,
        chroma_safe=chroma_safe,
        reuse=reuse,
        watch=watch,
        progress=progress or Silent(),
    )
    return make(plate, edit, Path(out), order, prepare)


def mask(
    plate: Path | str,
    edit: Remove,
    out: Path | str,
    *,
    rate: Fraction | None = None,
    reuse: Path | None = None,
    asking: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Stop after the quadmask: `out` then holds tracks, reasoning.json and quadmask.mkv, for `remove(reuse=out)`.

    Returns:
        `out`, and warnings such as frames on which the object is lost.
    """
    removing = partial(Removal, edit=edit, progress=progress or Silent(), asking=asking)
    return _stopped(plate, Path(out), removing, Removal.scene, rate=rate, reuse=reuse)


def reason(
    plate: Path | str,
    edit: Remove,
    out: Path | str,
    *,
    rate: Fraction | None = None,
    reuse: Path | None = None,
    asking: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Stop after the reasoning: `out` then holds tracks and reasoning.json, for `mask` and `remove` with `reuse=out`.

    Returns:
        `out`, and warnings such as another reasoner that took over.
    """
    removing = partial(Removal, edit=edit, progress=progress or Silent(), asking=asking)
    return _stopped(plate, Path(out), removing, Removal.reasoned, rate=rate, reuse=reuse)


def _stopped(
    plate: Path | str,
    out: Path,
    removing: Callable[[Workshop, Clip], Removal],
    last: Callable[[Removal], object],
    *,
    rate: Fraction | None,
    reuse: Path | None,
) -> tuple[Path, tuple[str, ...]]:
    """Run the stages up to the last one wanted, and deliver what they left."""
    with Clip.open(plate, rate=rate) as clip, opened(out, reuse) as shop:
        removal = removing(shop, clip)
        last(removal)
        deliver(shop, out, MASK_FILES)
        return out, (*clip.info.warnings, *removal.warnings)
