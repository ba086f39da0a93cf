"""``cleanplate remove`` and ``cleanplate mask``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import show_mask, show_package
from cleanplate.masks.codec import MaskKind
from cleanplate.pipeline.preflight import Preflight
from cleanplate.pipeline.workshop import Abandoned

_DEFAULT_SHOT = ".shot"


def remove(
    plate: o.Plate,
    out: o.Out = None,
    object_: o.Object = None,
    click: o.Clicks = None,
    box: o.Boxes = None,
    stroke: o.Strokes = None,
    mask_file: o.MaskFile = None,
    mask_kind: o.Kind = MaskKind.AUTO,
    frames: o.Frames = None,
    keep: o.Keep = None,
    engine: Annotated[str, typer.Option(help="Who fills the hole; see `cleanplate engines`.")] = "propagate",
    segmenter: o.Segmenter = "classic",
    weights: o.Weights = None,
    reasoning: o.ReasoningFile = None,
    grow: o.Grow = 0,
    pixel_precise: o.PixelPrecise = False,
    chroma_safe: Annotated[bool, typer.Option(help="Shrink the matte to whole chroma samples.")] = False,
    export: Annotated[list[str] | None, typer.Option(help="Also write the layer as prores4444, exr or png.")] = None,
    seed: Annotated[int, typer.Option(help="Of all randomness.")] = 0,
    reuse: o.Reuse = None,
    rate: o.Rate = None,
    dry_run: Annotated[bool, typer.Option(help="Stop before generating, with the estimate.")] = False,
    json: o.Json = False,
) -> None:
    """Take an object out of a clip, with what it cast; the rest of the plate stays as it was, sample for sample."""
    from cleanplate.pipeline.remove import remove as run

    screen = Screen(as_json=json)
    with guarded(screen):
        known_rate = o.rate_of(rate)
        edit = o.removal_of(
            plate,
            known_rate,
            (click, box, stroke),
            frames,
            mask=mask_file,
            mask_kind=mask_kind,
            segmenter=segmenter,
            weights=weights,
            reasoning=reasoning,
            keep=tuple(keep or ()),
            grow=grow,
            pixel_precise=pixel_precise,
        )
        package = run(
            plate,
            edit,
            out or _default_out(plate),
            engine=engine,
            seed=seed,
            rate=known_rate,
            exports=tuple(export or ()),
            chroma_safe=chroma_safe,
            reuse=reuse,
            watch=lambda plan: _announce(screen, plan, stop=dry_run),
            progress=screen.progress(),
        )
        show_package(screen, package)


def mask(
    plate: o.Plate,
    out: o.Out = None,
    object_: o.Object = None,
    click: o.Clicks = None,
    box: o.Boxes = None,
    stroke: o.Strokes = None,
    mask_file: o.MaskFile = None,
    mask_kind: o.Kind = MaskKind.AUTO,
    frames: o.Frames = None,
    keep: o.Keep = None,
    segmenter: o.Segmenter = "classic",
    weights: o.Weights = None,
    reasoning: o.ReasoningFile = None,
    grow: o.Grow = 0,
    pixel_precise: o.PixelPrecise = False,
    reuse: o.Reuse = None,
    rate: o.Rate = None,
    json: o.Json = False,
) -> None:
    """Stop after the quadmask: follow the object, reason about what it affects, and write both to look at and edit."""
    from cleanplate.pipeline.remove import mask as run

    screen = Screen(as_json=json)
    with guarded(screen):
        known_rate = o.rate_of(rate)
        edit = o.removal_of(
            plate,
            known_rate,
            (click, box, stroke),
            frames,
            mask=mask_file,
            mask_kind=mask_kind,
            segmenter=segmenter,
            weights=weights,
            reasoning=reasoning,
            keep=tuple(keep or ()),
            grow=grow,
            pixel_precise=pixel_precise,
        )
        folder, warnings = run(
            plate, edit, out or _default_out(plate, ".mask"), rate=known_rate, reuse=reuse, progress=screen.progress()
        )
        show_mask(screen, folder, warnings)


def _default_out(plate: Path, suffix: str = _DEFAULT_SHOT) -> Path:
    return Path(f"{plate.name.split('%')[0].split('#')[0].rstrip('._-') or 'clip'}".removesuffix(plate.suffix) + suffix)


def _announce(screen: Screen, plan: Preflight, *, stop: bool) -> None:
    """The estimate, before anything is generated."""
    text = (
        f"{plan.frames} frames to fill: about {plan.seconds:.0f} s, {plan.memory_bytes / 1e9:.1f} GB of memory, "
        f"{plan.disk_bytes / 1e9:.2f} GB of disk."
    )
    screen.note(text, style="cyan")
    for note in plan.plan.notes:
        screen.note(note)
    if stop:
        figures = {"frames": plan.frames, "seconds": plan.seconds, "memory_bytes": plan.memory_bytes}
        screen.result({"estimate": figures | {"disk_bytes": plan.disk_bytes}, "notes": plan.plan.notes}, [])
        raise Abandoned
