"""Writes scenes as jobs for Kubric's container.

    DIR/worker.py                     what the container runs (`worker`)
    DIR/scenes/KEY/scene.json         the scene, for the way back
    DIR/scenes/KEY/job.json           the same for Kubric: its units, its conventions, its files
    DIR/scenes/KEY/assets/            OBJ, MTL, PNG and URDF of each body
    DIR/out/KEY/original, altered     what the container writes

Kubric simulates scenes of free rigid bodies itself. It has no joints, no bodies that follow a path and no particles:
where a scene has some, its bodies go the way that our own simulation finds.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate import files
from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.counterfactual import Counterfactual, counterfactual
from cleanplate.worlds.inertia import inertia, parts
from cleanplate.worlds.kubric.assets import RIGID, write_body
from cleanplate.worlds.kubric.convert import SENSOR, camera_pose, centred, focal_length
from cleanplate.worlds.paths import start_of
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Body, Scene

WORKER = Path(__file__).with_name("worker.py")
ORIGINAL, ALTERED = "original", "altered"
SUN = 4.0
"""Blender's strength of a sun over ours."""
SKY = (0.60, 0.72, 0.88)


def key_of(scene: Scene) -> str:
    """Name of a scene's folders."""
    return f"{scene.family}-{scene.seed:012d}"


def simulated_there(scene: Scene) -> bool:
    """Whether Kubric can simulate the scene by itself."""
    free = all(body.solid and body.drawn and not body.path for body in scene.bodies)
    return free and not scene.constraints and not scene.emitters


def exportable(scene: Scene) -> bool:
    """Whether Kubric knows all its shapes."""
    return all(isinstance(part.shape, RIGID) for body in scene.bodies for part in parts(body))


def export(
    scenes: Iterable[Scene], count: int, out: Path, *, look: tuple[int, int, int], assets: Path | None = None
) -> list[str]:
    """Write the first `count` scenes that Kubric can show and that keep their promise; gives their keys.

    The worker comes with them. What is there already is kept.

    Args:
        look: height and width of the pictures, and light paths a pixel.

    Raises:
        InputError: none of the scenes can go there, a rate is no whole number, or an asset is missing or broken.
    """
    written: list[str] = []
    for scene in scenes:
        if len(written) == count:
            break
        folder = out / "scenes" / key_of(scene)
        if folder.is_dir() or (exportable(scene) and _export(scene, folder, look, assets)):
            written.append(key_of(scene))
    if not written:
        raise InputError("none of these scenes can go to Kubric", remedy="Take a family of rigid things.")
    shutil.copyfile(WORKER, out / WORKER.name)
    return written


def _export(scene: Scene, folder: Path, look: tuple[int, int, int], assets: Path | None) -> bool:
    """False for a scene that breaks its promise."""
    both = counterfactual(scene, assets=assets)
    if both.kept_promise:
        with files.disk_errors(folder), files.whole_folder(folder) as partial:
            _write(scene, both, partial, look, assets)
    return both.kept_promise


def _write(scene: Scene, both: Counterfactual, folder: Path, look: tuple[int, int, int], assets: Path | None) -> None:
    (folder / "assets").mkdir()
    for number, body in enumerate(scene.bodies):
        if body.drawn:
            write_body(body, folder / "assets" / f"body{number:03d}", assets)
    (folder / "scene.json").write_text(scene.model_dump_json(indent=1) + "\n", encoding="utf-8")
    job = job_of(scene, both, look, assets)
    (folder / "job.json").write_text(json.dumps(job, indent=1) + "\n", encoding="utf-8")


def job_of(
    scene: Scene, both: Counterfactual, look: tuple[int, int, int], assets: Path | None = None
) -> dict[str, Any]:
    """What the worker reads: everything in Kubric's terms. `look` is height, width and samples."""
    height, width, samples = look
    if scene.rate != round(scene.rate):
        raise InputError("Kubric wants whole frames a second", where=key_of(scene), remedy="Choose a whole rate.")
    shots = [shot_at(scene, frame) for frame in range(scene.frames)]
    poses = [camera_pose(shot) for shot in shots]
    light = scene.lights[0]
    worlds = {
        name: {"without": without, "ways": None if simulated_there(scene) else _ways(scene, ways, assets)}
        for name, without, ways in (
            (ORIGINAL, [], both.original),
            (ALTERED, list(both.removed), both.altered),
        )
    }
    return {
        "resolution": [width, height],
        "frames": scene.frames,
        "frame_rate": round(scene.rate),
        "step_rate": round(scene.rate) * scene.steps,
        "gravity": list(scene.gravity),
        "samples": samples,
        "camera": {
            "positions": [position.tolist() for position, _ in poses],
            "quaternions": [turn.tolist() for _, turn in poses],
            "focal_lengths": [focal_length(shot, height, width) for shot in shots],
            "sensor_width": SENSOR,
        },
        "sun": {"towards": list(light.towards), "colour": list(light.colour), "intensity": SUN * light.strength},
        "ambient": [light.ambient * value for value in SKY],
        "background": list(SKY),
        "bodies": [_body(number, body, assets) for number, body in enumerate(scene.bodies) if body.drawn],
        "worlds": worlds,
    }


def _body(number: int, body: Body, assets: Path | None) -> dict[str, Any]:
    """A body as it starts; Kubric takes no friction above 1."""
    own = inertia(body, assets)
    position, orientation = start_of(body)
    place, turn = centred(body, position, orientation, assets)
    velocity = np.add(body.velocity, np.cross(body.spin, quaternion.rotate(orientation, own.centre)))
    return {
        "name": body.name,
        "file": f"body{number:03d}",
        "number": number + 1,
        "position": place.tolist(),
        "quaternion": turn.tolist(),
        "velocity": velocity.tolist(),
        "angular_velocity": list(body.spin),
        "static": body.mass == 0,
        "mass": body.mass or 1.0,
        "friction": min(body.friction, 1.0),
        "restitution": body.restitution,
    }


def _ways(scene: Scene, trajectories: Trajectories, assets: Path | None) -> dict[str, dict[str, Any]]:
    """Positions and quaternions of every body on every frame."""
    ways = {}
    for place, name in enumerate(trajectories.names):
        positions, turns = centred(
            scene.body(name), trajectories.positions[:, place], trajectories.orientations[:, place], assets
        )
        ways[name] = {"positions": positions.tolist(), "quaternions": turns.tolist()}
    return ways
