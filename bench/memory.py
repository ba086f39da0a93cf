"""How much memory a removal takes on a long clip: a ten-minute 1080p plate with a two-second edit.

    python bench/memory.py [--minutes 10] [--seconds 2] [--size 1920x1080] [--folder FOLDER]

The plate is H.264, drawn: a moving disc over a still, textured ground; ten seconds are encoded, their packets repeated.
`cleanplate remove` runs as a process of its own; its anonymous memory (RssAnon of /proc/PID/status, so Linux only) is
sampled all the while: pages of files do not count, since the kernel takes those back when it needs them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

RATE = 25
LOOP_SECONDS = 10
LIMIT = 1_500_000_000
_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True)
class Measured:
    """What one run took: the highest anonymous memory in bytes, wall-clock seconds, and the stages of run.json."""

    peak: int
    seconds: float
    stages: dict[str, float]


def draw_plate(path: Path, frames: int, width: int, height: int) -> None:
    """An H.264 clip of `frames` frames that repeats every `LOOP_SECONDS`."""
    loop = path.with_name(f"{path.stem}.loop{path.suffix}")
    _encode_loop(loop, min(frames, LOOP_SECONDS * RATE), width, height)
    with av.open(str(loop)) as source, av.open(str(path), "w") as out:
        stream: Any = out.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        length = sum(packet.duration or 0 for packet in packets)
        for number in range(frames):
            again, place = divmod(number, len(packets))
            packet = av.Packet(bytes(packets[place]))
            packet.pts, packet.dts = (t + again * length for t in _times(packets[place]))
            packet.duration, packet.time_base = packets[place].duration, packets[place].time_base
            packet.is_keyframe, packet.stream = packets[place].is_keyframe, stream
            out.mux(packet)
    loop.unlink()


def run(arguments: list[str], shot: Path) -> Measured:
    """Run ``cleanplate`` with these arguments and watch it write `shot`. Raises CalledProcessError when it fails."""
    start, peak = time.monotonic(), 0
    command = [sys.executable, "-c", "from cleanplate.cli.main import run; run()", *arguments, "--out", str(shot)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, anonymous_memory(process.pid))
            time.sleep(_SAMPLE_SECONDS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    record = json.loads((shot / "run.json").read_bytes())
    stages = {stage["name"]: stage["seconds"] for stage in record["stages"]}
    return Measured(peak, time.monotonic() - start, stages)


def anonymous_memory(pid: int) -> int:
    """RssAnon of a process in bytes; 0 when it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon:")), 0)


def removal(plate: Path, seconds: float, width: int, height: int) -> list[str]:
    """Arguments, but for --out, that remove the disc over `seconds` in the clip's first ten seconds."""
    first, last = RATE, RATE + round(seconds * RATE) - 1
    x, y = disc(first, width, height)
    radius = height // 12 + 4
    box = f"{x - radius},{y - radius},{x + radius},{y + radius}@{first}"
    return ["remove", str(plate), "--box", box, "--frames", f"{first}-{last}"]


def disc(frame: int, width: int, height: int) -> tuple[int, int]:
    """The middle of the disc on a frame, as x, y."""
    return round(width * (0.2 + 0.6 * frame / (LOOP_SECONDS * RATE))), height // 2


def _encode_loop(path: Path, frames: int, width: int, height: int) -> None:
    rng = np.random.default_rng(0)
    ground = cv2.resize(rng.integers(40, 200, (height // 8, width // 8, 3), dtype=np.uint8), (width, height))
    options = {"preset": "ultrafast", "crf": "20", "bf": "0", "g": str(RATE)}
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=Fraction(RATE), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            picture = ground.copy()
            cv2.circle(picture, disc(number, width, height), height // 12, (220, 50, 40), -1, cv2.LINE_AA)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode(None))


def _times(packet: Any) -> tuple[int, int]:
    return packet.pts, packet.dts


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Peak memory of a removal on a long clip.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=2, help="length of the edit")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder otherwise")
    return parser.parse_args()


def main() -> int:
    """Draw, run, tell; 1 when the limit is passed."""
    asked = _arguments()
    width, height = map(int, asked.size.split("x"))
    frames = round(asked.minutes * 60 * RATE)
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        plate, shot = Path(name, "plate.mp4"), Path(name, "shot")
        draw_plate(plate, frames, width, height)
        measured = run(removal(plate, asked.seconds, width, height), shot)
    print(f"{frames} frames of {width}x{height}, {asked.seconds:g} s edited, in {measured.seconds:.0f} s")
    for stage, seconds in measured.stages.items():
        print(f"  {stage:<20} {seconds:8.1f} s")
    print(f"peak of anonymous memory {measured.peak / 1e9:.3f} GB, limit {LIMIT / 1e9:.1f} GB")
    return int(measured.peak > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
