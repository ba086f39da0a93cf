"""``cleanplate train``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from cleanplate.cli import options as o
from cleanplate.cli.console import Screen
from cleanplate.cli.guard import guarded
from cleanplate.errors import UsageError

train = typer.Typer(name="train", help="Train the models, resumably.", no_args_is_help=True, rich_markup_mode=None)
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the run; a run there goes on.")]
Steps = Annotated[int | None, typer.Option(help="Instead of the recipe's.", min=1)]
Seed = Annotated[int | None, typer.Option(help="Instead of the recipe's.", min=0)]
Smoke = Annotated[bool, typer.Option("--smoke", help="nano in small, for a minute: to see that training works here.")]
Show = Annotated[bool, typer.Option("--print", help="Print the recipe as JSON, and stop.")]


@train.callback()
def _group() -> None:
    """Train the models, resumably."""


@train.command()
def vera(
    config: Annotated[
        str,
        typer.Option(
            help="A recipe: 1.3b, 14b, overfit, overfit-long, nano, nano-gpu, nano-fine, nano-few, "
            "nano-ABLATION, or a JSON file."
        ),
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of layered clips in Vera's layout; repeatable. nano keeps its stock there."),
    ] = None,
    out: Out = None,
    start: Annotated[Path | None, typer.Option(help="Weights to start from; see `cleanplate models convert`.")] = None,
    smoke: Smoke = False,
    steps: Steps = None,
    seed: Seed = None,
    show: Show = False,
    json: o.Json = False,
) -> None:
    """Train the mixture of transformers on layered clips, or the embedded vera-nano on those that it makes."""
    from cleanplate.train.vera.door import recipe_of, run
    from cleanplate.train.vera_nano import door as nano

    screen, config = Screen(as_json=json), _named(config, smoke)
    with guarded(screen):
        given = _given(start=start, steps=steps, seed=seed)
        if nano.takes(config):
            _made(screen, nano, nano.recipe_of(config, given), data, out, show=show)
            return
        recipe = recipe_of(config, given)
        if show:
            _print(screen, recipe)
            return
        if not data or out is None:
            raise UsageError("training needs clips and a folder", remedy="Give --data FOLDER and --out FOLDER.")
        model = run(recipe, data, out, screen.progress())
        screen.result({"model": str(model)}, [(f"The model is in {model}", "green")])


@train.command()
def void(
    config: Annotated[
        str,
        typer.Option(
            help="A recipe: published, tiny, nano, nano-gpu, nano-fine, nano-few, nano-binary, or a JSON file."
        ),
    ],
    number: Annotated[int | None, typer.Option("--pass", help="1, or 2 for the refinement; 1.", min=1, max=2)] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Folder or list of pairs in VOID's layout; repeatable. nano keeps worlds there."),
    ] = None,
    out: Out = None,
    init: Annotated[
        str | None, typer.Option(help="Weights to start from: a pass of VOID, its base, or a nano model.")
    ] = None,
    smoke: Smoke = False,
    steps: Steps = None,
    seed: Seed = None,
    show: Show = False,
    json: o.Json = False,
) -> None:
    """Train a pass of VOID on counterfactual pairs, or the embedded void-nano on worlds that are made as it goes."""
    from cleanplate.train.void.door import recipe_of, run
    from cleanplate.train.void_nano import door as nano

    screen, config = Screen(as_json=json), _named(config, smoke)
    with guarded(screen):
        given = _given(steps=steps, seed=seed)
        if nano.takes(config):
            if number is not None:
                raise UsageError("void-nano has one network for both passes", remedy="Leave --pass out.")
            changes = given if init is None else given | {"start": init}
            _made(screen, nano, nano.recipe_of(config, changes), data, out, show=show)
            return
        recipe = recipe_of(config, number, given)
        if show:
            _print(screen, recipe)
            return
        if not data or out is None:
            raise UsageError("training needs pairs and a folder", remedy="Give --data FOLDER and --out FOLDER.")
        weights = run(recipe, init, data, out, screen.progress())
        screen.result({"weights": str(weights)}, [(f"The weights are in {weights}", "green")])


_SMALL = {
    "codec": "Train the autoencoder between pictures and the latents of vera-nano.",
    "placer": "Train what says where vera-nano's additions go, and how large they are.",
    "finder": "Train what finds the things that vera-nano keeps before another background.",
}
"""The small models that go with vera-nano, each with a room `cleanplate.train.nano_NAME`."""


def _small(name: str) -> Callable[..., None]:
    """The command that trains one of them: all have the same options, which typer reads off the signature."""

    def command(
        config: Annotated[str, typer.Option(help="A recipe: nano, or a JSON file.")],
        data: Annotated[list[Path] | None, typer.Option(help="Folder where stock is kept, as of `train vera`.")] = None,
        out: Out = None,
        smoke: Smoke = False,
        steps: Steps = None,
        seed: Seed = None,
        show: Show = False,
        json: o.Json = False,
    ) -> None:
        screen, config = Screen(as_json=json), _named(config, smoke)
        with guarded(screen):
            door = import_module(f"cleanplate.train.nano_{name}.door")
            _made(screen, door, door.recipe_of(config, _given(steps=steps, seed=seed)), data, out, show=show)

    return command


for _name, _told in _SMALL.items():
    train.command(_name, help=_told)(_small(_name))


def _made(screen: Screen, door: Any, recipe: Any, data: list[Path] | None, out: Path | None, *, show: bool) -> None:
    """An embedded model, whose data are made rather than given."""
    if show:
        _print(screen, recipe)
        return
    if len(data or ()) > 1:
        raise UsageError("what this training makes is kept in one folder", remedy="Give --data once.")
    if out is None:
        raise UsageError("training needs a folder", remedy="Give --out FOLDER.")
    model = door.run(recipe, data[0] if data else None, out, screen.progress())
    screen.result({"model": str(model)}, [(f"The model is in {model}", "green")])


def _named(config: str, smoke: bool) -> str:
    """The recipe, or its small form."""
    return f"{config}-smoke" if smoke else config


def _given(**named: Any) -> dict[str, Any]:
    """What of a recipe the user changes."""
    return {name: value for name, value in named.items() if value is not None}


def _print(screen: Screen, recipe: Any) -> None:
    screen.result(recipe.model_dump(mode="json"), [(recipe.model_dump_json(indent=1), "")])
