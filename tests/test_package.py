"""Importing the package costs next to nothing, and its public names load at first use."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

import pytest

import cleanplate

_HEAVY = ("torch", "cv2", "av", "numpy", "pydantic", "OpenEXR", "opentimelineio", "transformers", "typer")


def fresh(code: str) -> str:
    """Standard output of some code in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_importing_takes_under_300_ms_of_a_processor() -> None:
    code = "import time; start = time.process_time(); import cleanplate; print(time.process_time() - start)"
    assert statistics.median(float(fresh(code)) for _ in range(5)) < 0.3


def test_importing_loads_nothing_heavy() -> None:
    loaded = json.loads(fresh("import cleanplate, json, sys; print(json.dumps(list(sys.modules)))"))
    assert not set(_HEAVY) & set(loaded)
    assert [name for name in loaded if name.startswith("cleanplate")] == ["cleanplate"]


@pytest.mark.parametrize("name", [name for name in cleanplate.__all__ if not name.startswith("_")])
def test_public_names_load_at_first_use_without_torch(name: str) -> None:
    code = f"import cleanplate, sys; print(cleanplate.{name}.__module__, 'torch' in sys.modules)"
    module, torch = fresh(code).split()
    assert module.startswith("cleanplate.")
    assert torch == "False"


def test_the_api_is_callable_and_an_unknown_name_is_named() -> None:
    assert callable(cleanplate.remove)
    assert callable(cleanplate.Clip.open)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = cleanplate.nonsense


def test_the_command_line_answers_without_opening_heavy_parts() -> None:
    code = "import cleanplate.cli.main, json, sys; print(json.dumps(list(sys.modules)))"
    assert not {"torch", "transformers", "diffusers", "cleanplate.engines.propagate"} & set(json.loads(fresh(code)))
