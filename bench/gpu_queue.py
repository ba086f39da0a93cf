"""Everything that wants an accelerator, one after the other, within a time limit; the next call goes on.

    make gpu                                            25 minutes of the queue, into gpu-out
    python bench/gpu_queue.py --minutes 9 --out FOLDER [--only NAME] [--small]

Training is stopped by Ctrl-C when the time is up and goes on where it stood. What has to come back from the machine
lies in OUT/parcels, in pieces under 16 MB: trained models, where unfinished training stands, and the timings' text.
A call that finds parcels but no runs (another machine) goes on from the parcels. `--small` is the same queue with
recipes and geometries that a processor can do in minutes: it tests the path.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_parcels import pack, unpack
from rich.console import Console

BENCH = Path(__file__).parent
GRACE_SECONDS = 60
"""In which a stopped training run writes where it stands, and parcels are packed."""
_BIG = ("--device", "cuda", "--dtype", "bfloat16")


@dataclass(frozen=True)
class Job:
    """One entry of the queue.

    Attributes:
        command: arguments of Python.
        trains: it has a run of its own, which can be stopped and goes on; the others begin anew.
        least: minutes that must be left to begin it.
    """

    name: str
    command: tuple[str, ...]
    trains: bool = False
    least: float = 1.0


def _training(name: str, system: str, recipe: str, out: Path) -> Job:
    command = ("-m", "cleanplate", "train", system, "--config", recipe, "--out", str(out / "runs" / name))
    return Job(name, (*command, "--data", str(out / "data" / name)), trains=True)


def _finer(job: Job, system: str, out: Path) -> Job:
    """What goes on from the model of another job, with larger frames."""
    start = "--init" if system == "void" else "--start"
    finer = _training(f"{job.name}-fine", system, "nano-fine", out)
    return Job(finer.name, (*finer.command, start, str(out / "runs" / job.name / "model")), trains=True)


def _timing(name: str, script: str, *options: str) -> Job:
    return Job(name, (str(BENCH / script), *options), least=4.0)


def _claims(name: str, out: Path, *options: str) -> Job:
    """Of many runs, which share the data of the training above."""
    places = ("--data", str(out / "data"), "--out", str(out))
    return Job(name, (str(BENCH / "ablations.py"), *options, *places), trains=True)


def queue(out: Path) -> list[Job]:
    """In the order of what is wanted most."""
    void, vera = _training("void-nano", "void", "nano-gpu", out), _training("vera-nano", "vera", "nano-gpu", out)
    return [
        void,
        vera,
        _finer(void, "void", out),
        _finer(vera, "vera", out),
        _claims("vera-claims", out, "--only", "vera", "--base", "nano-gpu", "--steps", "2000"),
        _claims("void-claims", out, "--only", "void", "--base", "nano-gpu", "--steps", "400"),
        _timing("vera-yardsticks", "yardsticks.py", "--model", "vera-1.3b", "--size", "49x480x832", *_BIG),
        _timing("void-yardsticks", "void_yardsticks.py", "--published", "--reader", *_BIG),
    ]


def small(out: Path) -> list[Job]:
    """The same path, on a processor."""
    return [
        _training("void-nano", "void", "nano-smoke", out),
        _training("vera-nano", "vera", "nano-smoke", out),
        _claims("claims", out, "--base", "nano-smoke", "--steps", "2", "--seeds", "1", "--clips", "2"),
        Job("vera-yardsticks", (str(BENCH / "yardsticks.py"),), least=0),
        Job("void-yardsticks", (str(BENCH / "void_yardsticks.py"),), least=0),
    ]


class Queue:
    """What is done, in OUT/queue.json, and the doing of the rest."""

    def __init__(self, jobs: Sequence[Job], out: Path, seconds: float) -> None:
        self._jobs, self._out, self._console = jobs, out, Console()
        self._until = time.monotonic() + seconds - GRACE_SECONDS
        self._state = out / "queue.json"
        out.mkdir(parents=True, exist_ok=True)
        unpack(out / "parcels", out)
        self._done: list[str] = json.loads(self._state.read_text())["done"] if self._state.exists() else []

    def run(self) -> bool:
        """Until the time is up; whether everything is done. What is there is packed, however it ends."""
        try:
            for job in self._jobs:
                if job.name in self._done:
                    continue
                if self._left < 60 * job.least or not self._finished(job):
                    break
                self._done.append(job.name)
        finally:
            self._state.write_text(json.dumps({"done": self._done}) + "\n")
            pack(self._out, self._out / "parcels")
        return {job.name for job in self._jobs} <= set(self._done)

    @property
    def _left(self) -> float:
        return self._until - time.monotonic()

    def _finished(self, job: Job) -> bool:
        """Run it; False where the time was up before its end. A failure ends the queue with the end of its log."""
        self._console.print(f"{job.name}: {self._left / 60:.0f} minutes are left")
        log = self._out / f"{job.name}.log"
        with log.open("ab") as text:
            process = subprocess.Popen((sys.executable, *job.command), stdout=text, stderr=subprocess.STDOUT)
            try:
                code = process.wait(max(1.0, self._left))
            except subprocess.TimeoutExpired:
                _stop(process)
                return False
        if code:
            self._console.print("\n".join(log.read_text(errors="replace").splitlines()[-30:]), markup=False)
            raise SystemExit(f"{job.name} failed with {code}; all of it is in {log}")
        return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """By Ctrl-C; by force where it does not stop in half of the grace, the other half of which is for packing."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(GRACE_SECONDS / 2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """One call of the queue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--out", type=Path, default=Path("gpu-out"))
    parser.add_argument("--only", help="this job alone")
    parser.add_argument("--small", action="store_true", help="test the path on a processor")
    options = parser.parse_args()
    jobs = small(options.out) if options.small else queue(options.out)
    chosen = [job for job in jobs if options.only in (None, job.name)]
    if not chosen:
        raise SystemExit(f"there is no job {options.only}; these are: {', '.join(job.name for job in jobs)}")
    whole = Queue(chosen, options.out, 60 * options.minutes).run()
    print("Everything is done." if whole else "The time is up: the same command goes on.")


if __name__ == "__main__":
    main()
