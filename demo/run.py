"""`make demo`: draw two clips, take an object out of each with one click, and say where to look."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from clips import FRAMES, HEIGHT, SCENES, WIDTH, Scene, picture

from cleanplate.files import atomic

RATE, SOUND_RATE = 24, 48000


def main(folder: Path) -> int:
    """Make both shots in `folder`; 0 when both proofs hold."""
    folder.mkdir(exist_ok=True)
    made = [make_shot(scene, folder) for scene in SCENES]
    print("\nWhere to look:")
    for page, proof in made:
        outside = proof["outside_region"]
        verdict = "holds" if proof["passed"] else "FAILED"
        print(f"  {page}")
        print(
            f"    proof {verdict}: {outside['differing']} of {outside['compared']:,} samples outside the edit differ; "
            f"{proof['touched']:.1%} of the clip is touched"
        )
    return 0 if all(proof["passed"] for _, proof in made) else 1


def make_shot(scene: Scene, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Draw the clip, run the command on it, and return the report and the proof."""
    clip, shot = folder / f"{scene.name}.mp4", folder / f"{scene.name}.shot"
    if not clip.exists():
        with atomic(clip) as partial:
            write_clip(scene, partial)
    shutil.rmtree(shot, ignore_errors=True)
    command = ["cleanplate", "remove", str(clip), "--object", scene.object, *scene.pointing, "--out", str(shot)]
    print(f"\n$ {' '.join(command)}", flush=True)
    subprocess.run([str(Path(sys.executable).with_name("cleanplate")), *command[1:]], check=True)
    proof = subprocess.run(
        [str(Path(sys.executable).with_name("cleanplate")), "verify", str(shot), "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    return (shot / "report.html").absolute(), json.loads(proof.stdout)


def write_clip(scene: Scene, path: Path) -> None:
    """H.264 with a quiet tone, so that there is sound to carry along."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=RATE, options={"crf": "15", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = file.add_stream("aac", rate=SOUND_RATE)
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(scene, number), format="rgb24")
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        seconds = np.arange(FRAMES * SOUND_RATE // RATE) / SOUND_RATE
        tone = (0.05 * np.sin(2 * np.pi * 220 * seconds)).astype(np.float32)
        for start in range(0, len(tone), 1024):
            chunk = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            chunk.sample_rate, chunk.pts, chunk.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
            file.mux(sound.encode(chunk))
        file.mux(sound.encode(None))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out")))
