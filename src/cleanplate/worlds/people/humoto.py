"""Recordings as HUMOTO lays them out: a folder NAME with NAME.glb and NAME.yaml (Lu et al., ICCV 2025)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanplate.errors import InputError, missing_extra
from cleanplate.worlds.people.glb import Tracked, read_glb, read_things
from cleanplate.worlds.people.skeleton import Motion

PICKLES = (".pkl", ".pickle", ".pk")
_MOST_TEXT = 1 << 20
_TEXTS = ("short_script", "title", "description", "text", "long_script", "script")
"""Where a sequence says what happens, the shortest first."""


@dataclass(frozen=True)
class Sequence:
    """One recording.

    Attributes:
        motion, things: in the file's units, y up.
        text: what happens, in words; empty where nothing says so.
    """

    name: str
    motion: Motion
    things: tuple[Tracked, ...]
    text: str


def is_sequence(folder: Path) -> bool:
    """Whether a folder holds a recording, or what is left of one."""
    return any((folder / f"{folder.name}{ending}").is_file() for ending in (".glb", *PICKLES))


def read_sequence(folder: Path, *, rate: float = 30.0) -> Sequence:
    """A recording.

    Raises:
        InputError: its GLB file is missing or broken, there is but a pickle, or its YAML is no YAML.
        ResourceError: PyYAML is not installed.
    """
    model, words = folder / f"{folder.name}.glb", folder / f"{folder.name}.yaml"
    if not model.is_file():
        pickled = next((file for file in sorted(folder.iterdir()) if file.suffix in PICKLES), None)
        if pickled is not None:
            refuse_pickle(pickled)
        raise InputError("the sequence has no GLB file", where=str(model), remedy="Put it beside the YAML file.")
    facts = read_facts(words) if words.is_file() else {}
    motion, things = read_glb(model, rate=rate), read_things(model, rate=rate)
    return Sequence(folder.name, motion, _named(things, facts), _text(facts))


def refuse_pickle(path: Path) -> None:
    """Raises InputError: to read a pickle is to run it."""
    raise InputError(
        "pickles are not read: they can run any program", where=str(path), remedy="Give the sequence's GLB file."
    )


def read_facts(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file, of plain values alone. Raises InputError, or ResourceError without PyYAML."""
    try:
        import yaml
    except ImportError:
        raise missing_extra("yaml", "worlds") from None
    try:
        if path.stat().st_size > _MOST_TEXT:
            raise InputError("the file is larger than 1 MB", where=str(path))
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError("it cannot be read", where=str(path), remedy="Check the path.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = str(error).splitlines()[0]
        raise InputError(f"this is no plain YAML ({said})", where=str(path), remedy="Mend it, or remove it.") from error
    if not isinstance(facts, dict):
        raise InputError("the file holds no names with values", where=str(path), remedy="Mend it, or remove it.")
    return {str(name): value for name, value in facts.items()}


def _named(things: tuple[Tracked, ...], facts: dict[str, Any]) -> tuple[Tracked, ...]:
    """Those that the YAML lists, where it lists any that are there; sets and rooms are not objects."""
    listed = facts.get("objects") or ()
    names = {str(name).lower() for name in listed} if isinstance(listed, dict | list | tuple) else set()
    chosen = tuple(thing for thing in things if any(thing.name.lower().startswith(name) for name in names))
    return chosen or things


def _text(facts: dict[str, Any]) -> str:
    return next((str(facts[name]).strip() for name in _TEXTS if isinstance(facts.get(name), str)), "")
