"""`cleanplate train ... --config nano --smoke` in a process of its own: it makes its data, learns, and evaluates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cleanplate.models.store.loading import load
from cleanplate.train.curves import lines_of


def trained(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cleanplate", "train", *arguments, "--config", "nano", "--smoke", "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize(("system", "figure"), [("void", "sampled PSNR"), ("vera", "sampled iou close")])
def test_a_minute_of_training_ends_in_a_model_that_was_evaluated(system: str, figure: str, tmp_path: Path) -> None:
    done = trained(system, "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    model = json.loads(done.stdout)["model"]
    assert next(load(Path(model))[0].parameters()).isfinite().all()
    lines = lines_of(tmp_path / "run")
    assert [line[figure] for line in lines if figure in line][-1] >= 0
    assert any("loss" in name for line in lines for name in line)


def test_what_has_no_small_form_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cleanplate", "train", "void", "--config", "published", "--smoke", "--out"]
    done = subprocess.run([*command, str(tmp_path / "run")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "there is no recipe 'published-smoke'" in done.stderr
    assert not (tmp_path / "run").exists()
