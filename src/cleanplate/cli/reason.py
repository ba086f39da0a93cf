"""``cleanplate reason``."""

from __future__ import annotations

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import show_reasoning
from cleanplate.cli.shots import default_out
from cleanplate.masks.codec import MaskKind


def reason(
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
    reuse: o.Reuse = None,
    rate: o.Rate = None,
    json: o.Json = False,
) -> None:
    """Stop after the reasoning: say what else would change had the object never been there, and why."""
    from cleanplate.pipeline.remove import reason as run

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
        )
        folder, warnings = run(
            plate,
            edit,
            out or default_out(plate, ".reason"),
            rate=known_rate,
            reuse=reuse,
            asking=o.asking_of(reasoner_set, allow_upload),
            progress=screen.progress(),
        )
        show_reasoning(screen, folder, warnings)
