"""What wants an accelerator: a queue within a time limit, and runs that travel in pieces."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import gpu_parcels
import pytest
import torch
from gpu_parcels import pack, unpack
from gpu_queue import GRACE_SECONDS, Job, Queue, queue
from safetensors.torch import load_file

from cleanplate.models.store.loading import load
from cleanplate.train.vera_nano import recipes as vera_recipes
from cleanplate.train.void_nano import recipes as void_recipes
from cleanplate.train.void_nano.run import train
from drawn_moves import recipe, write_squares
from interrupted import Stopped


def job(name: str, says: str, *, trains: bool = False) -> Job:
    return Job(name, ("-c", says), trains=trains, least=0)


def test_jobs_run_in_order_and_once(tmp_path: Path) -> None:
    jobs = [job(name, f"open(r'{tmp_path / 'order'}', 'a').write('{name}')") for name in "abc"]
    assert Queue(jobs[:2], tmp_path / "out", 60 + GRACE_SECONDS).run()
    assert Queue(jobs, tmp_path / "out", 60 + GRACE_SECONDS).run()
    assert (tmp_path / "order").read_text() == "abc"


def test_what_outlasts_its_time_is_stopped_and_goes_on(tmp_path: Path) -> None:
    waits = "import time, pathlib; p = pathlib.Path(r'{0}'); p.exists() or (p.touch(), time.sleep(60))"
    jobs = [job("long", waits.format(tmp_path / "seen")), job("after", "pass")]
    assert not Queue(jobs, tmp_path / "out", GRACE_SECONDS + 1).run()
    assert json.loads((tmp_path / "out" / "queue.json").read_text()) == {"done": []}
    assert Queue(jobs, tmp_path / "out", GRACE_SECONDS + 60).run()


def test_a_failure_shows_the_end_of_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="broken failed with 1"):
        Queue([job("broken", "raise ValueError('out of luck')")], tmp_path, GRACE_SECONDS + 60).run()
    assert "out of luck" in capsys.readouterr().out


def test_training_goes_on_from_parcels_on_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_parcels, "PIECE", 20_000)
    data = write_squares(tmp_path / "pairs", recipe())
    here, there = tmp_path / "here", tmp_path / "there"
    with pytest.raises(KeyboardInterrupt):
        train(recipe(), here / "runs" / "nano", data, progress=Stopped(3))
    pack(here, tmp_path / "parcels")
    pieces = list((tmp_path / "parcels").iterdir())
    assert len(pieces) > 4
    assert max(piece.stat().st_size for piece in pieces) <= 20_000
    unpack(tmp_path / "parcels", there)
    for name in ("weights", "ema"):
        place = Path("runs", "nano", "checkpoints", "00000003", f"{name}.safetensors")
        kept, come = load_file(here / place), load_file(there / place)
        assert all(torch.equal(come[key], kept[key].bfloat16().float()) for key in kept)
    model = train(recipe(), there / "runs" / "nano", data)
    shutil.rmtree(tmp_path / "parcels")
    pack(there, tmp_path / "parcels")
    unpack(tmp_path / "parcels", tmp_path / "home")
    made, _ = load(model)
    come_home, _ = load(tmp_path / "home" / "runs" / "nano" / "model")
    assert all(torch.equal(a.half(), b) for a, b in zip(made.parameters(), come_home.parameters(), strict=True))


@pytest.mark.parametrize("system", ["void", "vera"])
def test_finer_models_begin_with_the_weights_of_the_others_and_work_at_their_size(system: str, tmp_path: Path) -> None:
    table = {"void": void_recipes, "vera": vera_recipes}[system].RECIPES
    coarse, fine = table["nano-gpu"], table["nano-fine"]
    assert fine.system.transformer == coarse.system.transformer
    assert fine.system.limits.pixels == 128 * 224 == 4 * coarse.system.limits.pixels
    jobs = {job.name: job for job in queue(tmp_path)}
    start = jobs[f"{system}-nano-fine"].command[-1]
    assert start == str(tmp_path / "runs" / f"{system}-nano" / "model")
    assert list(jobs).index(f"{system}-nano") < list(jobs).index(f"{system}-nano-fine")


@pytest.mark.slow
def test_the_whole_queue_on_a_processor(tmp_path: Path) -> None:
    script = Path(gpu_parcels.__file__).with_name("gpu_queue.py")
    command = [sys.executable, str(script), "--small", "--minutes", "30", "--out", str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "Everything is done" in done.stdout
    assert list((tmp_path / "parcels").glob("void-nano.*"))
