"""``cleanplate remove`` and ``cleanplate mask``."""

from __future__ import annotations

from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import show_mask, show_package
from cleanplate.cli.shots import announce, default_out
from cleanplate.errors import UsageError
from cleanplate.masks.codec import MaskKind


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
    only: o.Only = None,
    also: o.Also = None,
    engine: Annotated[str, typer.Option(help="Who fills the hole; see `cleanplate engines`.")] = "auto",
    weights: o.EngineWeights = None,
    prompt: o.Prompt = None,
    steps: o.Steps = None,
    pass2: o.PassTwo = None,
    motion: o.Motion = None,
    max_vram: o.MaxVram = None,
    set_: o.Set = None,
    segmenter: o.Segmenter = "classic",
    segmenter_weights: o.SegmenterWeights = None,
    reasoner: o.Reasoner = "physics",
    reasoner_model: o.ReasonerModel = None,
    reasoner_url: o.ReasonerUrl = None,
    reasoner_set: o.ReasonerSet = None,
    allow_upload: o.AllowUpload = False,
    gravity: o.Gravity = None,
    fallback: o.Fallback = None,
    reasoning: o.ReasoningFile = None,
    grow: o.Grow = 0,
    pixel_precise: o.PixelPrecise = False,
    chroma_safe: o.ChromaSafe = False,
    export: o.Export = None,
    seed: o.Seed = 0,
    reuse: o.Reuse = None,
    rate: o.Rate = None,
    dry_run: o.DryRun = False,
    json: o.Json = False,
) -> None:
    """Take an object out of a clip, with what it cast; the rest of the plate stays as it was, sample for sample."""
    from cleanplate.pipeline.remove import remove as run

    screen = Screen(as_json=json)
    with guarded(screen):
        known_rate = o.rate_of(rate)
        of_engine, of_segmenter = _weights(engine, weights, segmenter_weights)
        edit = o.removal_of(
            plate,
            known_rate,
            (click, box, stroke),
            frames,
            mask=mask_file,
            mask_kind=mask_kind,
            segmenter=segmenter,
            weights=of_segmenter,
            reasoner=reasoner,
            reasoner_model=reasoner_model,
            reasoner_url=reasoner_url,
            gravity=o.gravity_of(gravity),
            fallback=fallback,
            reasoning=reasoning,
            keep=tuple(keep or ()),
            only=tuple(only or ()),
            also=tuple(also or ()),
            grow=grow,
            pixel_precise=pixel_precise,
            prompt=prompt,
            motion=motion,
        )
        package = run(
            plate,
            edit,
            out or default_out(plate),
            engine=engine,
            weights=of_engine,
            settings=o.given(steps=steps, pass2=pass2, max_vram=max_vram) | o.settings_of(set_),
            seed=seed,
            rate=known_rate,
            exports=tuple(export or ()),
            chroma_safe=chroma_safe,
            reuse=reuse,
            asking=o.asking_of(reasoner_set, allow_upload),
            watch=lambda plan: announce(screen, plan, stop=dry_run),
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
    only: o.Only = None,
    also: o.Also = None,
    segmenter: o.Segmenter = "classic",
    weights: o.Weights = None,
    reasoner: o.Reasoner = "physics",
    reasoner_model: o.ReasonerModel = None,
    reasoner_url: o.ReasonerUrl = None,
    reasoner_set: o.ReasonerSet = None,
    allow_upload: o.AllowUpload = False,
    gravity: o.Gravity = None,
    fallback: o.Fallback = None,
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
            reasoner=reasoner,
            reasoner_model=reasoner_model,
            reasoner_url=reasoner_url,
            gravity=o.gravity_of(gravity),
            fallback=fallback,
            reasoning=reasoning,
            keep=tuple(keep or ()),
            only=tuple(only or ()),
            also=tuple(also or ()),
            grow=grow,
            pixel_precise=pixel_precise,
        )
        folder, warnings = run(
            plate,
            edit,
            out or default_out(plate, ".mask"),
            rate=known_rate,
            reuse=reuse,
            asking=o.asking_of(reasoner_set, allow_upload),
            progress=screen.progress(),
        )
        show_mask(screen, folder, warnings)


def _weights(engine: str, weights: str | None, segmenter: str | None) -> tuple[str | None, str | None]:
    """Whose the weights are: the engine's and the segmenter's. Raises UsageError for two of the segmenter's."""
    from cleanplate.pipeline.registry import ENGINES

    if engine in ENGINES and ENGINES[engine].weighted:
        return weights, segmenter
    if weights is not None and segmenter is not None:
        raise UsageError(f"the engine '{engine}' takes no weights", remedy="Leave --weights out.")
    return None, weights or segmenter
