"""A removal as a process of its own, with short segments, that is killed again and again."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

SEGMENT_SECONDS = 0.2
_PROGRAM = f"""
import cleanplate.edit.layer, cleanplate.pipeline.master
cleanplate.edit.layer.SEGMENT_SECONDS = cleanplate.pipeline.master.SEGMENT_SECONDS = {SEGMENT_SECONDS}
from cleanplate.cli.main import run
run()
"""
RESULTS = ("composite.mkv", "layer/layer.mkv", "layer/matte.mkv", "layer/layer.json", "quadmask.mkv", "reasoning.json")
_SEGMENTS = ("layer/segments/*/layer.json", ".composite/*.mkv")

Identity = tuple[int, int]
"""Inode and time of last change: a file that was written again has another."""


@dataclass
class Removal:
    """One shot in the making.

    Attributes:
        seen: the whole segments that lay there when a run was stopped.
        redone: how many of those lay there anew when the next one was.
    """

    plate: Path
    mask: Path
    out: Path
    seen: dict[str, Identity] = field(default_factory=dict)
    redone: int = 0

    def run(self, stop_after: float | None = None, sign: signal.Signals = signal.SIGKILL) -> int:
        """Run, to the end or until a signal comes after some seconds; the exit code."""
        with self._start() as run:
            try:
                run.wait(stop_after)
            except subprocess.TimeoutExpired:
                run.send_signal(sign)
                run.wait()
        self._note_segments()
        return run.returncode

    def run_until(self, pattern: str, sign: signal.Signals = signal.SIGKILL) -> int:
        """Run until a file of this pattern lies in the workshop; the exit code."""
        with self._start() as run:
            while run.poll() is None and not any(self.workshop.glob(pattern)):
                time.sleep(0.002)
            run.send_signal(sign)
            run.wait()
        self._note_segments()
        return run.returncode

    @property
    def workshop(self) -> Path:
        return self.out.with_name(f".{self.out.name}.work")

    def digests(self) -> dict[str, str]:
        """Hashes of what has to come out the same."""
        return {name: hashlib.sha256((self.out / name).read_bytes()).hexdigest() for name in RESULTS}

    def _start(self) -> subprocess.Popen[bytes]:
        options = ["--mask", str(self.mask), "--out", str(self.out)]
        command = [sys.executable, "-c", _PROGRAM, "remove", str(self.plate), *options]
        environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    def _note_segments(self) -> None:
        now: dict[str, Identity] = {}
        for path in (path for pattern in _SEGMENTS for path in self.workshop.glob(pattern)):
            status = path.stat()
            now[str(path.relative_to(self.workshop))] = (status.st_ino, status.st_mtime_ns)
        self.redone += sum(now[name] != known for name, known in self.seen.items() if name in now)
        self.seen |= now
