"""config.json of a folder with weights of ours: what tells it from others, and what the model in it is made of.

Read without torch.
"""

from __future__ import annotations

import json
from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.models.catalogue.system import System

_CONFIG = "config.json"
_FORMAT = "cleanplate-mixture-1"
_WANS = ("WanTransformer3DModel", "WanModel")
"""What the configs of Wan's transformers say that they are, diffusers' and their own."""
OTHER = "Name the weights of the model that you chose, or the model that these weights are of."


def write_config(system: System, folder: Path) -> None:
    """Write the one of this system."""
    written = {"format": _FORMAT, "system": system.model_dump(mode="json")}
    (folder / _CONFIG).write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def is_ours(folder: Path) -> bool:
    """Whether a folder has a config that `save` or `convert` wrote."""
    try:
        written = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(written, dict) and written.get("format") == _FORMAT


def read_system(folder: Path) -> System:
    """What the model in a folder that `save` wrote is made of. Raises InputError for anything else, Wan2.1 by name."""
    try:
        if (folder / "transformer").is_dir():  # a repository in diffusers' layout
            raise no_editor(folder)
        written = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        if isinstance(written, dict) and written.get("_class_name") in _WANS:
            raise no_editor(folder)
        if not isinstance(written, dict) or written.get("format") != _FORMAT:
            raise InputError("this is no mixture of ours", where=str(folder / _CONFIG), remedy=OTHER)
        return System.model_validate(written.get("system"))
    except (OSError, ValueError) as error:
        raise InputError("this is no config of a mixture", where=str(folder / _CONFIG), remedy=OTHER) from error


def no_editor(where: str | Path) -> InputError:
    """The error for the weights that Vera starts from, where Vera's are wanted."""
    return InputError(
        "these are no weights of Vera, but of a model that makes videos from text and edits none",
        where=str(where),
        remedy="Train Vera from Wan2.1 with `cleanplate train vera`, and name the folder that this writes: --weights.",
    )
