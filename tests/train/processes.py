"""Runs of two processes, as torchrun starts them, beside those of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cleanplate.train.recipe import Common
from interrupted import curve


def together(folder: Path, code: str, *arguments: Path) -> None:
    """Two processes on gloo; `code` finds the arguments in `sys.argv`."""
    script = folder / "train.py"
    script.write_text(code, encoding="utf-8")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    path = os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])
    environment = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    found = subprocess.run(
        [*torchrun, *map(str, (script, *arguments))],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert found.returncode == 0, found.stderr[:3000]


_RUN = """
import sys
from pathlib import Path
from cleanplate.train.{room}.recipe import Recipe
from cleanplate.train.{room}.run import train
recipe = Recipe.model_validate_json(Path(sys.argv[1]).read_text())
train(recipe, Path(sys.argv[2]), Path(sys.argv[3]))
"""


def require_same_by_two(room: str, recipe: Common, whole: Path, data: Path, folder: Path) -> None:
    """Two processes learn by a recipe of `cleanplate.train.ROOM` what one has learned in the run `whole`."""
    own = folder / "recipe.json"
    own.write_text(recipe.model_dump_json(), encoding="utf-8")
    together(folder, _RUN.format(room=room), own, folder / "run", data)
    same_run(folder / "run", whole, atol=1e-3)


def same_run(out: Path, whole: Path, *, atol: float = 1e-4) -> None:
    """Curves and weights, as near as sums in another order come.

    Args:
        atol: of the weights, which some models store in 16 bits.
    """
    for ours, theirs in zip(curve(out), curve(whole), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-5)
    expected = load_file(whole / "model" / "model.safetensors")
    for name, tensor in load_file(out / "model" / "model.safetensors").items():
        torch.testing.assert_close(tensor, expected[name], rtol=0, atol=atol)
