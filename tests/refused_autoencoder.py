"""Folders of an autoencoder that have to be refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from cleanplate.errors import InputError


def require_refused(load: Callable[[Path], Any], folder: Path, tensor: str) -> None:
    """Of a whole folder one thing after another is broken: a tensor, the config, the file, the folder itself."""
    weights = next(folder.glob("*.safetensors"))
    tensors = load_file(weights)
    tensors.pop(tensor)
    save_file(tensors, weights)
    with pytest.raises(InputError, match=re.escape(tensor)):
        load(folder)
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be loaded"):
        load(folder)
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(InputError, match="no whole file"):
        load(folder)
    with pytest.raises(InputError, match="no such"):
        load(folder / "absent")
