"""``cleanplate add`` and ``cleanplate background``."""

from __future__ import annotations

from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.results import show_package
from cleanplate.cli.shots import announce, default_out
from cleanplate.pipeline.edits import Add, ReplaceBackground

_Engine = Annotated[str, typer.Option(help="Who draws; see `cleanplate engines`.")]
_Weights = Annotated[str | None, typer.Option(help="The engine's weights: a folder or a repository of the hub.")]
_Guidance = Annotated[
    float | None, typer.Option(help="How closely to follow the words; 1 asks once. Default: the model's own.", min=1)
]
_Shift = Annotated[float | None, typer.Option(help="Of the noise levels towards more noise. Default: the model's own.")]
_Solver = Annotated[str | None, typer.Option(help="unipc or euler. Default: the model's own.")]
_Window = Annotated[int | None, typer.Option(help="Frames drawn together. Default: the model's own.", min=1)]
_Pixels = Annotated[int | None, typer.Option(help="Rows times columns drawn at most. Default: the model's own.", min=1)]
_Economy = Annotated[bool | None, typer.Option(help="Compute little outside what may change. Default: yes.")]
_Edges = Annotated[bool | None, typer.Option(help="Free soft edges of the old background. Default: yes.")]


def add(
    plate: o.Plate,
    instruction: o.Instruction,
    region: o.Region = None,
    keep_mask: o.KeepMask = None,
    frames: o.Frames = None,
    negative: o.Negative = "",
    engine: _Engine = "vera-1.3b",
    weights: _Weights = None,
    steps: o.Steps = None,
    guidance: _Guidance = None,
    shift: _Shift = None,
    solver: _Solver = None,
    window: _Window = None,
    pixels: _Pixels = None,
    economy: _Economy = None,
    set_: o.Set = None,
    chroma_safe: o.ChromaSafe = False,
    seed: o.Seed = 0,
    out: o.Out = None,
    export: o.Export = None,
    reuse: o.Reuse = None,
    rate: o.Rate = None,
    dry_run: o.DryRun = False,
    json: o.Json = False,
) -> None:
    """Add what an instruction describes to a clip; the rest of the plate stays as it was, sample for sample."""
    from cleanplate.pipeline.add import add as run
    from cleanplate.pipeline.make import Order

    screen = Screen(as_json=json)
    with guarded(screen):
        known_rate = o.rate_of(rate)
        first, last = o.span_of(frames, plate, known_rate)
        file, box = o.region_of(region)
        edit = Add(
            instruction=instruction,
            negative=negative,
            region=file,
            box=box,
            keep_mask=keep_mask,
            first_frame=first,
            last_frame=last,
        )
        sampling = {"steps": steps, "guidance": guidance, "shift": shift, "solver": solver}
        order = Order(
            engine,
            weights,
            o.given(**sampling, window=window, pixels=pixels, economy=economy) | o.settings_of(set_),
            seed=seed,
            rate=known_rate,
            exports=tuple(export or ()),
            chroma_safe=chroma_safe,
            reuse=reuse,
            watch=lambda plan: announce(screen, plan, stop=dry_run),
            progress=screen.progress(),
        )
        show_package(screen, run(plate, edit, out or default_out(plate), order))


def background(
    plate: o.Plate,
    instruction: o.Instruction,
    keep_mask: o.KeepMask = None,
    frames: o.Frames = None,
    negative: o.Negative = "",
    engine: _Engine = "vera-1.3b",
    weights: _Weights = None,
    steps: o.Steps = None,
    guidance: _Guidance = None,
    shift: _Shift = None,
    solver: _Solver = None,
    window: _Window = None,
    pixels: _Pixels = None,
    economy: _Economy = None,
    edges: _Edges = None,
    set_: o.Set = None,
    chroma_safe: o.ChromaSafe = False,
    seed: o.Seed = 0,
    out: o.Out = None,
    export: o.Export = None,
    reuse: o.Reuse = None,
    rate: o.Rate = None,
    dry_run: o.DryRun = False,
    json: o.Json = False,
) -> None:
    """Put what an instruction describes behind the subject of a clip, which stays as it was, sample for sample."""
    from cleanplate.pipeline.add import replace_background as run
    from cleanplate.pipeline.make import Order

    screen = Screen(as_json=json)
    with guarded(screen):
        known_rate = o.rate_of(rate)
        first, last = o.span_of(frames, plate, known_rate)
        edit = ReplaceBackground(
            instruction=instruction, negative=negative, keep_mask=keep_mask, first_frame=first, last_frame=last
        )
        sampling = {"steps": steps, "guidance": guidance, "shift": shift, "solver": solver}
        order = Order(
            engine,
            weights,
            o.given(**sampling, window=window, pixels=pixels, economy=economy, edges=edges) | o.settings_of(set_),
            seed=seed,
            rate=known_rate,
            exports=tuple(export or ()),
            chroma_safe=chroma_safe,
            reuse=reuse,
            watch=lambda plan: announce(screen, plan, stop=dry_run),
            progress=screen.progress(),
        )
        show_package(screen, run(plate, edit, out or default_out(plate), order))
