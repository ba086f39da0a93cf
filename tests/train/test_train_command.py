"""What `cleanplate train` says of its recipes is what there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import typer

from cleanplate.cli.train import train
from cleanplate.train.nano_codec.recipes import RECIPES as CODEC
from cleanplate.train.nano_finder.recipes import RECIPES as FINDER
from cleanplate.train.nano_placer.recipes import RECIPES as PLACER
from cleanplate.train.vera.recipes import RECIPES as VERA
from cleanplate.train.vera_nano.recipes import ABLATIONS
from cleanplate.train.vera_nano.recipes import RECIPES as VERA_NANO
from cleanplate.train.void.recipes import RECIPES as VOID
from cleanplate.train.void_nano.recipes import RECIPES as VOID_NANO

SMOKE = "nano-smoke"
"""What --smoke takes instead of `nano`."""
COMMANDS: Any = typer.main.get_command(train)
VERAS = {**VERA, **VERA_NANO, "nano-ABLATION": None}


@pytest.mark.parametrize(
    ("command", "recipes"),
    [
        ("vera", {name: VERAS[name] for name in VERAS if name.removeprefix("nano-") not in ABLATIONS}),
        ("void", {**VOID, **VOID_NANO}),
        ("codec", CODEC),
        ("placer", PLACER),
        ("finder", FINDER),
    ],
)
def test_every_recipe_is_named(command: str, recipes: Mapping[str, Any]) -> None:
    (option,) = (one for one in COMMANDS.commands[command].params if one.name == "config")
    listed = option.help.removeprefix("A recipe: ").removesuffix(", or a JSON file.").split(", ")
    assert sorted([*listed, SMOKE]) == sorted(recipes)
