"""``cleanplate worlds people``: pairs with and without somebody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.cli.worlds_assets import Assets, furnishings_of, told_of
from cleanplate.cli.worlds_make import Count, Length, Lossy, Out, Seed, Workers, show_summary, size_of
from cleanplate.errors import UsageError

Motions = Annotated[
    list[Path] | None,
    typer.Option("--motion", help="A recorded motion, a HUMOTO sequence's folder, or a folder of such; repeatable."),
]


def people(
    out: Out,
    count: Count = 10,
    seed: Seed = 0,
    size: Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT of the clips.")] = "672x384",
    length: Length = 24,
    workers: Workers = 1,
    family: Annotated[
        list[str] | None, typer.Option("--family", help="Only this family of scenes; may be repeated.")
    ] = None,
    motion: Motions = None,
    assets: Assets = None,
    renderer: Annotated[str, typer.Option("--renderer", help="tiny or blender.")] = "tiny",
    grid: Annotated[bool, typer.Option("--grid", help="Affected areas in whole cells, as in VOID's masks.")] = False,
    extras: Annotated[bool, typer.Option("--extras", help="Also depth, flow, and the removed things unseen.")] = False,
    lossy: Lossy = False,
    json: o.Json = False,
) -> None:
    """Make pairs in VOID's layout: somebody with things, and what happens without them."""
    from cleanplate.worlds.families import sample
    from cleanplate.worlds.families.recorded import FAMILY, recorded_scene, write_meshes
    from cleanplate.worlds.formats.void_layout import VoidWriter
    from cleanplate.worlds.pairs import PATIENCE, PairJob, make_pairs
    from cleanplate.worlds.people.library import read_library
    from cleanplate.worlds.render import renderer_named
    from cleanplate.worlds.seeds import require_free

    screen = Screen(as_json=json)
    with guarded(screen), TemporaryDirectory(prefix="cleanplate-meshes-") as scratch:
        width, height = size_of(size)
        require_free(seed, PATIENCE * count)
        library = read_library(motion or [])
        families = families_for(family or [], has_motions=bool(library.motions), has_things=bool(library.sequences))
        furnishings = furnishings_of(assets, screen)
        for sequence in library.sequences:
            write_meshes(sequence, Path(scratch))
        # What is recorded comes with its own things.
        folders = {FAMILY: Path(scratch)}
        artists = {name: renderer_named(renderer, folders.get(name, assets)) for name in families}

        def job(name: str, number: int) -> PairJob:
            if name == FAMILY:
                scene = recorded_scene(library.sequences[number % len(library.sequences)], number)
            else:
                scene = sample(name, number, library.motions, furnishings)
            scene = scene.model_copy(update={"frames": length})
            made = PairJob(scene, out, height, width, grid, extras, lossy, artists[name])
            return replace(made, assets=folders.get(name, assets))

        summary = make_pairs(count, seed, job, families, workers=workers, progress=screen.progress())
        show_summary(screen, summary, [str(VoidWriter(out, lossy=lossy).write_list())], *told_of(furnishings))


def families_for(asked: list[str], *, has_motions: bool, has_things: bool) -> tuple[str, ...]:
    """Families by turns: those asked for, else those that can use what is there, else all with people.

    Raises:
        UsageError: a family has no people, or needs what is not there.
    """
    from cleanplate.worlds.families import MOVED, PEOPLE
    from cleanplate.worlds.families.recorded import FAMILY

    can = (*MOVED, *([FAMILY] if has_things else [])) if has_motions else (FAMILY,) if has_things else PEOPLE
    for name in asked:
        if name == FAMILY and not has_things:
            raise UsageError(f"'{name}' needs a recording with things", remedy="Name its folder with --motion.")
        if name not in {*PEOPLE, FAMILY}:
            raise UsageError(f"no family of people is called '{name}'", remedy=f"There are {', '.join(PEOPLE)}.")
        if name not in can:
            raise UsageError(f"people of '{name}' move by rule alone", remedy=f"With --motion: {', '.join(can)}.")
    return tuple(asked) or can
