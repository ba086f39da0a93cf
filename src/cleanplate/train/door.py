"""Recipes by name or from a file, with what the user changes of them. Read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from cleanplate.errors import InputError, UsageError
from cleanplate.train.recipe import Common

R = TypeVar("R", bound=Common)
NANO_REMEDY = "docs/how-to/train-nano.md says what a recipe holds; `--config nano --print` shows one."
"""Of the embedded models."""


def chosen(kind: type[R], recipes: Mapping[str, R], config: str, changes: Mapping[str, Any], remedy: str) -> R:
    """A recipe by its name or from a JSON file, with some of its fields changed.

    Raises:
        InputError: a file that is no recipe, naming the field.
        UsageError: neither a name nor a file, or a change that does not fit.
    """
    if config in recipes:
        recipe = recipes[config]
    elif not (file := Path(config)).is_file():
        others = f"Choose one of {', '.join(recipes)}, or name a JSON file."
        raise UsageError(f"there is no recipe '{config}'", remedy=others)
    else:
        try:
            recipe = kind.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"this is no recipe: {_first(error)}", where=config, remedy=remedy) from error
    try:
        return kind.model_validate(recipe.model_dump() | dict(changes))
    except ValidationError as error:
        raise UsageError(f"the recipe does not fit: {_first(error)}", remedy=remedy) from error


def names_or_holds(config: str, recipes: Mapping[str, R], field: str) -> bool:
    """Whether this is one of these recipes: by its name, or a file that has a field which others have not."""
    file = Path(config)
    if config in recipes or not file.is_file():
        return config in recipes
    return f'"{field}"' in file.read_text(encoding="utf-8", errors="replace")


def _first(error: Exception) -> str:
    """What is wrong, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors()[0]
    place = ".".join(str(part) for part in found["loc"])
    return f"{place}: {found['msg']}" if place else str(found["msg"])
