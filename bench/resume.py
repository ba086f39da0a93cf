"""Kill a removal at random moments, again and again, and see whether it ends with the bytes of an undisturbed one.

    python bench/resume.py [--kills 10] [--seed 0] [--minutes 0.7] [--size 640x360] [--folder FOLDER]

A segment counts as redone when it lay there whole as a run was killed, and was another file when the next one ended;
so does a whole layer. The segment that was being written at the moment of the kill is the one that may be made again.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from memory import RATE, draw_plate, removal

RESULTS = ("composite.mkv", "layer/layer.mkv", "layer/matte.mkv", "layer/layer.json", "quadmask.mkv", "reasoning.json")
_SEGMENTS = ("layer/segments/*/layer.json", "layer/layer.json", ".composite/*.mkv")
_PROGRAM = """
import cleanplate.edit.layer, cleanplate.pipeline.master
cleanplate.edit.layer.SEGMENT_SECONDS = cleanplate.pipeline.master.SEGMENT_SECONDS = {}
from cleanplate.cli.main import run
run()
"""

Identity = tuple[int, int]
"""Inode and time of last change: a file that was written again has another."""


@dataclass
class Interrupted:
    """One shot in the making, by a process that may be stopped.

    Attributes:
        arguments: of `cleanplate`, without --out.
        segment_seconds: length of a segment.
        results: what has to come out the same.
        seen: the whole segments that lay there when a run was stopped.
        redone: how many of those lay there anew when the next one was.
    """

    arguments: list[str]
    out: Path
    segment_seconds: float = 10
    results: tuple[str, ...] = RESULTS
    seen: dict[str, Identity] = field(default_factory=dict)
    redone: int = 0

    @property
    def workshop(self) -> Path:
        """Where the shot is made."""
        return self.out.with_name(f".{self.out.name}.work")

    def run(self) -> int:
        """Run to the end; the exit code."""
        return self.run_until(lambda: False)

    def run_for(self, seconds: float, sign: signal.Signals = signal.SIGKILL) -> int:
        """Run, and send a signal after some seconds unless it has ended; the exit code."""
        end = time.monotonic() + seconds
        return self.run_until(lambda: time.monotonic() >= end, sign)

    def run_until(self, stop: Callable[[], bool], sign: signal.Signals = signal.SIGKILL) -> int:
        """Run, and send a signal once `stop` says so unless it has ended; the exit code."""
        command = [sys.executable, "-c", _PROGRAM.format(self.segment_seconds), *self.arguments, "--out", str(self.out)]
        environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment) as process:
            while process.poll() is None and not stop():
                time.sleep(0.002)
            process.send_signal(sign)
        self._note_segments()
        return process.returncode

    def kill_at_random(self, kills: int, seconds: float, rng: random.Random) -> None:
        """Kill so many times within the span that a whole run takes, then let it finish.

        A run that delivers before its kill leaves its folder for a new one; raises RuntimeError when one fails.
        """
        while kills:
            killed = self.run_for(rng.uniform(0, seconds)) == -signal.SIGKILL
            if killed and not self.out.exists():
                kills -= 1
            else:
                self.out.rename(self.out.with_name(f"{self.out.name}-{kills}-{rng.random()}"))
                self.seen.clear()
        if self.run():
            raise RuntimeError("the removal does not go on")

    def digests(self) -> dict[str, str]:
        """Hashes of the results."""
        return {name: hashlib.sha256((self.out / name).read_bytes()).hexdigest() for name in self.results}

    def _note_segments(self) -> None:
        now: dict[str, Identity] = {}
        folder = self.workshop if self.workshop.exists() else self.out
        for path in (path for pattern in _SEGMENTS for path in folder.glob(pattern)):
            status = path.stat()
            now[str(path.relative_to(folder))] = (status.st_ino, status.st_mtime_ns)
        self.redone += sum(now[name] != known for name, known in self.seen.items() if name in now)
        self.seen |= now


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill removals and let them go on.")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0.7)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder otherwise")
    return parser.parse_args()


def main() -> int:
    """Draw, run once in peace, then under fire; 1 when bytes differ or whole segments were made again."""
    asked = _arguments()
    width, height = map(int, asked.size.split("x"))
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        plate = Path(name, "plate.mp4")
        draw_plate(plate, round(asked.minutes * 60 * RATE), width, height)
        peace, fire = (Interrupted(removal(plate, 1, width, height), Path(name, out)) for out in ("peace", "fire"))
        start = time.monotonic()
        if peace.run():
            raise RuntimeError("the removal fails")
        seconds = time.monotonic() - start
        fire.kill_at_random(asked.kills, seconds, random.Random(asked.seed))
        differing = [result for result, digest in peace.digests().items() if fire.digests()[result] != digest]
    print(f"undisturbed {seconds:.0f} s; killed {asked.kills} times, whole segments made again: {fire.redone}")
    print(f"files that differ: {', '.join(differing) or 'none'}")
    return int(bool(differing or fire.redone))


if __name__ == "__main__":
    sys.exit(main())
