"""``cleanplate worlds``: the commands that make samples, and what they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.worlds import worlds
from cleanplate.cli.worlds_assets import Assets, furnishings_of, pictures_of, told_of
from cleanplate.errors import UsageError
from cleanplate.worlds.produce import Summary

__all__ = ["worlds"]

Count = Annotated[int, typer.Option("--count", help="How many samples.", min=1)]
Seed = Annotated[int, typer.Option("--seed", help="Of the first sample; the others follow it.", min=0)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the data set; what is there already is kept.")]
Size = Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT of the clips.")]
Length = Annotated[int, typer.Option("--length", help="Frames a clip.", min=1)]
Workers = Annotated[int, typer.Option("--workers", help="Processes; the bytes do not depend on them.", min=1)]
Lossy = Annotated[bool, typer.Option("--lossy", help="H.264 as in the published data, not lossless.")]


@worlds.command()
def counterfactual(
    out: Out,
    count: Count = 10,
    seed: Seed = 0,
    size: Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT of the clips.")] = "672x384",
    length: Length = 24,
    workers: Workers = 1,
    family: Annotated[
        list[str] | None,
        typer.Option("--family", help="Only this family; may be repeated. Default: all but those held out."),
    ] = None,
    assets: Assets = None,
    renderer: Annotated[str, typer.Option("--renderer", help="tiny or blender.")] = "tiny",
    grid: Annotated[bool, typer.Option("--grid", help="Affected areas in whole cells, as in VOID's masks.")] = False,
    extras: Annotated[bool, typer.Option("--extras", help="Also depth, flow, and the removed things unseen.")] = False,
    lossy: Lossy = False,
    json: o.Json = False,
) -> None:
    """Make pairs in VOID's layout: a simulated scene, and the same scene without some of its things."""
    from cleanplate.worlds.families import TRAINING, sample
    from cleanplate.worlds.formats.void_layout import VoidWriter
    from cleanplate.worlds.pairs import PATIENCE, PairJob, make_pairs
    from cleanplate.worlds.render import renderer_named
    from cleanplate.worlds.seeds import require_free

    screen = Screen(as_json=json)
    with guarded(screen):
        width, height = size_of(size)
        require_free(seed, PATIENCE * count)
        artist = renderer_named(renderer, assets)
        families = TRAINING if not family else tuple(sample(name, 0).family for name in family)
        furnishings = furnishings_of(assets, screen)

        def job(name: str, number: int) -> PairJob:
            scene = sample(name, number, furnishings=furnishings).model_copy(update={"frames": length})
            return PairJob(scene, out, height, width, grid, extras, lossy, artist, assets)

        summary = make_pairs(count, seed, job, families, workers=workers, progress=screen.progress())
        show_summary(screen, summary, [str(VoidWriter(out, lossy=lossy).write_list())], *told_of(furnishings))


@worlds.command()
def layered(
    out: Out,
    count: Count = 10,
    seed: Seed = 0,
    size: Size = "832x480",
    length: Length = 49,
    workers: Workers = 1,
    sprites: Annotated[
        Path | None, typer.Option("--sprites", help="Folder of PNG or WebP with alpha, named by what they show.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this subset, such as synthetic-obj-add; may be repeated.")
    ] = None,
    assets: Assets = None,
    lossy: Lossy = False,
    json: o.Json = False,
) -> None:
    """Make layered clips in Vera's layout: things added to made places, and backgrounds changed behind things."""
    from cleanplate.worlds.layered.job import TURNS, jobs_for, write_lines
    from cleanplate.worlds.layered.sprites import read_sprites
    from cleanplate.worlds.produce import produce
    from cleanplate.worlds.seeds import require_free

    screen = Screen(as_json=json)
    with guarded(screen):
        width, height = size_of(size)
        require_free(seed, count * len(TURNS) if only else count)
        pictures = read_sprites(sprites) if sprites else []
        jobs = jobs_for(
            out,
            count,
            seed,
            size=(height, width),
            length=length,
            sprites=pictures,
            lossy=lossy,
            library=pictures_of(assets),
            only=only or (),
        )
        summary = produce(jobs, workers=workers, progress=screen.progress(), name="layered clips")
        lists = write_lines(out, jobs)
        show_summary(screen, summary, [str(path) for path in lists])


@worlds.command()
def evaluation(
    name: Annotated[str, typer.Argument(help="worlds-removal-75 or worlds-layered-141.")],
    out: Out,
    size: Annotated[str | None, typer.Option("--size", help="WIDTHxHEIGHT other than the published one.")] = None,
    length: Annotated[int | None, typer.Option("--length", help="Frames other than published.", min=1)] = None,
    workers: Workers = 1,
    json: o.Json = False,
) -> None:
    """Make an evaluation set, which has seeds and families of its own, and check it against its published hashes."""
    from cleanplate.worlds.evaluation.make import make

    screen = Screen(as_json=json)
    with guarded(screen):
        other = size_of(size)[::-1] if size else None
        made = make(name, out, size=other, length=length, workers=workers, progress=screen.progress())
        places = [str(path) for path in made.lists]
        total = len(made.manifest.samples)
        verdict = f"All {total} samples are those that were published."
        if not made.comparable:
            verdict = "At another size than the published one: nothing to compare with."
        elif made.differing:
            verdict = f"{len(made.differing)} of {total} samples are not the published ones to the bit."
        document = {"compared": made.comparable, "differing": list(made.differing), "samples": total}
        show_summary(screen, made.summary, places, document, [(verdict, "bold")])


@worlds.command(name="setup-blender")
def setup_blender(json: o.Json = False) -> None:
    """Make an environment for Blender (1 GB, once), which --renderer blender then uses."""
    from cleanplate.worlds.render.blender import set_up

    screen = Screen(as_json=json)
    with guarded(screen):
        with screen.progress().task("Setting up Blender"):
            python = set_up()
        screen.result({"python": str(python)}, [(f"Blender's Python  {python}", "bold")])


def size_of(text: str) -> tuple[int, int]:
    """(width, height) of ``832x480``. Raises UsageError."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(f"'{text}' is no size", remedy="Write WIDTHxHEIGHT, such as 832x480.")
    width, height = map(int, parts)
    if not (16 <= width <= 4096 and 16 <= height <= 4096) or width % 2 or height % 2:
        raise UsageError(f"clips of {text} cannot be made", remedy="Both sides are even and lie in 16..4096.")
    return width, height


def show_summary(
    screen: Screen,
    summary: Summary,
    places: list[str],
    document: Mapping[str, object] | None = None,
    more: Sequence[tuple[str, str]] = (),
) -> None:
    """How many there are, what they took, where they are listed, and what else there is to say of them."""
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in summary.seconds.items())
    lines = [(f"{summary.made} made in {summary.elapsed:.1f} s ({summary.a_minute:.0f} a minute)", "bold green")]
    lines += [(f"{summary.kept} were there already", "")] if summary.kept else []
    lines += [(f"{count} skipped: {why}", "") for why, count in summary.skipped.items()]
    lines += [(f"Spent on: {phases}", "")] if phases else []
    lines += [(f"Listed in {place}", "") for place in places]
    screen.result(summary.document() | {"lists": places} | dict(document or {}), [*lines, *more])
