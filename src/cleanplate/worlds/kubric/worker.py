"""Runs inside Kubric's container, beside the folder `scenes`: simulates and renders both worlds of each. No cleanplate.

    python3 worker.py                    all that is missing, one process each
    python3 worker.py KEY WORLD          one scene, `original` or `altered`

Writes out/KEY/WORLD: what `kubric.write_image_dict` writes, the segmentation as 16-bit gray PNG, and metadata.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LAYERS = ("rgba", "depth", "forward_flow", "segmentation")


def main(arguments: list[str]) -> None:
    """Run what the command line asks for."""
    if arguments:
        render_world(arguments[0], arguments[1])
        return
    for folder in sorted((HERE / "scenes").iterdir()):
        for world in ("original", "altered"):
            if not (HERE / "out" / folder.name / world / "metadata.json").exists():
                subprocess.run([sys.executable, __file__, folder.name, world], check=True)  # noqa: S603


def render_world(key: str, world: str) -> None:
    """Simulate, render and write one world; metadata.json comes last, so that it tells of a whole one."""
    import kubric as kb  # type: ignore[import-not-found]
    from kubric.renderer.blender import Blender  # type: ignore[import-not-found]
    from kubric.simulator.pybullet import PyBullet  # type: ignore[import-not-found]

    folder = HERE / "scenes" / key
    job = json.loads((folder / "job.json").read_text())
    scratch = kb.as_path(tempfile.mkdtemp())
    scene = kb.Scene(
        frame_start=0,
        frame_end=job["frames"] - 1,
        frame_rate=job["frame_rate"],
        step_rate=job["step_rate"],
        resolution=tuple(job["resolution"]),
        gravity=tuple(job["gravity"]),
    )
    simulator = PyBullet(scene, scratch)
    renderer = Blender(scene, scratch, samples_per_pixel=job["samples"])
    _surroundings(kb, scene, job)
    there = [body for body in job["bodies"] if body["name"] not in job["worlds"][world]["without"]]
    assets = [_asset(kb, body, folder / "assets") for body in there]
    for asset in assets:
        scene += asset
    _set_off(there, assets)
    _go(simulator, scene, there, assets, job["worlds"][world]["ways"])
    layers = renderer.render(return_layers=LAYERS)
    target = HERE / "out" / key / world
    target.mkdir(parents=True, exist_ok=True)
    _write(kb, layers, scene, assets, target)
    (target / "metadata.json").write_text(json.dumps(_metadata(job, there, assets)))


def _surroundings(kb: Any, scene: Any, job: dict[str, Any]) -> None:
    """Sun, sky and camera."""
    sun, camera = job["sun"], job["camera"]
    scene += kb.DirectionalLight(
        name="sun",
        position=tuple(20.0 * value for value in sun["towards"]),
        look_at=(0.0, 0.0, 0.0),
        color=kb.Color(*sun["colour"]),
        intensity=sun["intensity"],
    )
    scene.ambient_illumination = kb.Color(*job["ambient"])
    scene.background = kb.Color(*job["background"])
    scene.camera = kb.PerspectiveCamera(
        name="camera", focal_length=camera["focal_lengths"][0], sensor_width=camera["sensor_width"]
    )
    for frame in range(job["frames"]):
        scene.camera.position = camera["positions"][frame]
        scene.camera.quaternion = camera["quaternions"][frame]
        scene.camera.focal_length = camera["focal_lengths"][frame]
        for member in ("position", "quaternion", "focal_length"):
            scene.camera.keyframe_insert(member, frame)


def _asset(kb: Any, body: dict[str, Any], folder: Path) -> Any:
    """A body; its OBJ has z up already."""
    return kb.FileBasedObject(
        name=body["file"],
        asset_id=body["file"],
        render_filename=str(folder / (body["file"] + ".obj")),
        render_import_kwargs={"axis_forward": "Y", "axis_up": "Z"},
        simulation_filename=str(folder / (body["file"] + ".urdf")),
        position=body["position"],
        quaternion=body["quaternion"],
        static=body["static"],
        mass=body["mass"],
        friction=body["friction"],
        restitution=body["restitution"],
        segmentation_id=body["number"],
    )


def _set_off(there: list[dict[str, Any]], assets: list[Any]) -> None:
    """First speeds, once all are in the scene: placing a body in the simulator stops it."""
    for number, body in enumerate(there):
        if not body["static"]:
            assets[number].velocity = body["velocity"]
            assets[number].angular_velocity = body["angular_velocity"]


def _go(simulator: Any, scene: Any, there: list[dict[str, Any]], assets: list[Any], ways: Any) -> None:
    """Every body's way, as keyframes: by Kubric's simulator, or as it is given."""
    if ways is None:
        simulator.run(frame_start=0, frame_end=scene.frame_end)
        return
    for number, body in enumerate(there):
        way, asset = ways[body["name"]], assets[number]
        for frame in range(scene.frame_end + 1):
            asset.position, asset.quaternion = way["positions"][frame], way["quaternions"][frame]
            asset.keyframe_insert("position", frame)
            asset.keyframe_insert("quaternion", frame)


def _write(kb: Any, layers: dict[str, Any], scene: Any, assets: list[Any], target: Path) -> None:
    """All layers. The segmentation goes by itself: Kubric's own writer takes square pictures of few bodies."""
    numbers = kb.adjust_segmentation_idxs(layers.pop("segmentation"), scene.assets, assets)
    for frame in range(len(numbers)):
        kb.write_png(numbers[frame].astype("uint16"), str(target / f"segmentation_{frame:05d}.png"))
    kb.write_image_dict(layers, str(target))


def _metadata(job: dict[str, Any], there: list[dict[str, Any]], assets: list[Any]) -> dict[str, Any]:
    """Where everything was."""
    ways = {
        body["name"]: {
            "positions": assets[number].get_values_over_time("position").tolist(),
            "quaternions": assets[number].get_values_over_time("quaternion").tolist(),
        }
        for number, body in enumerate(there)
    }
    return {"frames": job["frames"], "resolution": job["resolution"], "ways": ways}


if __name__ == "__main__":
    main(sys.argv[1:])
