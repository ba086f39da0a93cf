"""Stands in for Kubric: what its public source documents of the names that the worker uses, and none of its code.

Its simulator loads the URDFs into PyBullet; its renderer is a function that the test gives. Its writers write PNG by
their own hand, as pypng does.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pybullet
import pytest
from numpy.typing import NDArray

ANYTHING = {"name", "background", "metadata"}
PLACED = ANYTHING | {"position", "quaternion", "up", "front", "look_at", "euler"}
FELT = PLACED | {
    *("scale", "velocity", "angular_velocity", "static", "mass", "friction", "restitution"),
    *("bounds", "material", "segmentation_id"),
}
SIGNATURES: dict[str, set[str]] = {
    "as_path": {"path"},
    "Scene": {
        *("frame_start", "frame_end", "frame_rate", "step_rate", "resolution", "gravity"),
        *("camera", "ambient_illumination", "background"),
    },
    "Color": {"r", "g", "b", "a"},
    "DirectionalLight": PLACED | {"color", "intensity", "shadow_softness"},
    "PerspectiveCamera": PLACED | {"focal_length", "sensor_width"},
    "FileBasedObject": FELT | {"asset_id", "simulation_filename", "render_filename", "render_import_kwargs"},
    "adjust_segmentation_idxs": {"segmentation", "old_assets_list", "new_assets_list", "ignored_label"},
    "write_png": {"data", "filename"},
    "write_image_dict": {"data_dict", "directory", "file_templates", "max_write_threads"},
    "PyBullet": {"scene", "scratch_dir"},
    "PyBullet.run": {"frame_start", "frame_end"},
    "Blender": {
        *("scene", "scratch_dir", "adaptive_sampling", "use_denoising", "samples_per_pixel"),
        *("background_transparency", "verbose", "custom_scene", "motion_blur"),
    },
    "Blender.render": {"frames", "ignore_missing_textures", "return_layers"},
}
"""Names and parameters in Kubric's public source (github.com/google-research/kubric, 2022 to 2024)."""

Layers = dict[str, NDArray[Any]]


class Asset:
    """Anything in a scene: traits, and keyframes of them."""

    def __init__(self, kind: str, **traits: Any) -> None:
        assert set(traits) <= SIGNATURES[kind], set(traits) - SIGNATURES[kind]
        assert 0 <= traits.get("friction", 0.5) <= 1, "Kubric takes no friction above 1"
        assert 0 <= traits.get("restitution", 0.5) <= 1
        assert traits.get("render_import_kwargs", {}) in ({}, {"axis_forward": "Y", "axis_up": "Z"})
        self.kind, self.keyframes = kind, dict[tuple[str, int], Any]()
        self.position: Any = (0.0, 0.0, 0.0)
        self.quaternion: Any = (1.0, 0.0, 0.0, 0.0)
        self.velocity: Any = (0.0, 0.0, 0.0)
        self.angular_velocity: Any = (0.0, 0.0, 0.0)
        self.__dict__.update(traits)

    def keyframe_insert(self, member: str, frame: int) -> None:
        self.keyframes[member, frame] = getattr(self, member)

    def get_values_over_time(self, name: str) -> NDArray[np.float32]:
        frames = sorted(frame for member, frame in self.keyframes if member == name)
        return np.array([self.keyframes[name, frame] for frame in frames], np.float32)


class Scene:
    """Holds assets in their order, the camera and lights among them."""

    def __init__(self, **traits: Any) -> None:
        assert set(traits) <= SIGNATURES["Scene"]
        assert traits["step_rate"] % traits["frame_rate"] == 0
        assert all(isinstance(value, int) for value in (*traits["resolution"], traits["frame_rate"]))
        self.assets: list[Asset] = []
        self._camera: Asset | None = None
        self.frame_end: int = 0
        self.__dict__.update(traits)

    @property
    def camera(self) -> Asset:
        assert self._camera is not None
        return self._camera

    @camera.setter
    def camera(self, camera: Asset) -> None:
        self._camera = camera
        self.assets.append(camera)

    def __iadd__(self, asset: Asset) -> Scene:
        self.assets.append(asset)
        return self


class PyBullet:
    """Simulates the bodies' URDFs from where and as fast as they are."""

    def __init__(self, scene: Scene, scratch_dir: Path) -> None:
        self._scene = scene

    def run(self, frame_start: int, frame_end: int) -> None:
        scene: Any = self._scene
        client = pybullet.connect(pybullet.DIRECT)
        pybullet.setGravity(*scene.gravity, physicsClientId=client)
        pybullet.setPhysicsEngineParameter(fixedTimeStep=1 / scene.step_rate, physicsClientId=client)
        bodies = {asset: load(asset, client) for asset in scene.assets if asset.kind == "FileBasedObject"}
        for frame in range(frame_start, frame_end + 1):
            for asset, number in bodies.items():
                place, (x, y, z, w) = pybullet.getBasePositionAndOrientation(number, physicsClientId=client)
                asset.position, asset.quaternion = place, (w, x, y, z)
                asset.keyframe_insert("position", frame)
                asset.keyframe_insert("quaternion", frame)
            for _ in range(scene.step_rate // scene.frame_rate):
                pybullet.stepSimulation(physicsClientId=client)
        pybullet.disconnect(physicsClientId=client)


def load(asset: Any, client: int) -> int:
    """The number of a body in PyBullet."""
    w, x, y, z = asset.quaternion
    number: int = pybullet.loadURDF(
        asset.simulation_filename, asset.position, (x, y, z, w), useFixedBase=asset.static, physicsClientId=client
    )
    pybullet.changeDynamics(
        number, -1, lateralFriction=asset.friction, restitution=asset.restitution, physicsClientId=client
    )
    pybullet.resetBaseVelocity(number, asset.velocity, asset.angular_velocity, physicsClientId=client)
    return number


def install(monkeypatch: pytest.MonkeyPatch, draw: Callable[[Scene], Layers]) -> None:
    """Make `import kubric` give the stand-in, whose renderer is `draw`."""

    class Blender:
        def __init__(self, scene: Scene, scratch_dir: Path, samples_per_pixel: int) -> None:
            self._scene = scene

        def render(self, return_layers: Sequence[str]) -> Layers:
            return {name: layer for name, layer in draw(self._scene).items() if name in return_layers}

    def maker(kind: str) -> Callable[..., Asset]:
        return lambda **traits: Asset(kind, **traits)

    kubric: Any = ModuleType("kubric")
    renderer: Any = ModuleType("kubric.renderer.blender")
    simulator: Any = ModuleType("kubric.simulator.pybullet")
    kubric.as_path, kubric.Scene, kubric.Color = Path, Scene, lambda *values: values
    for kind in ("DirectionalLight", "PerspectiveCamera", "FileBasedObject"):
        setattr(kubric, kind, maker(kind))
    kubric.adjust_segmentation_idxs, kubric.write_png, kubric.write_image_dict = numbered, write_png, write_layers
    renderer.Blender, simulator.PyBullet = Blender, PyBullet
    modules = {"kubric": kubric, "kubric.renderer.blender": renderer, "kubric.simulator.pybullet": simulator}
    for name in ("kubric.renderer", "kubric.simulator"):
        modules[name] = ModuleType(name)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)


def numbered(segmentation: NDArray[Any], old_assets_list: list[Any], new_assets_list: list[Any]) -> NDArray[Any]:
    """From places in the scene (from 1) to segmentation ids."""
    table = [0, *(getattr(a, "segmentation_id", 0) if a in new_assets_list else 0 for a in old_assets_list)]
    return np.asarray(np.array(table)[segmentation])


def write_layers(data_dict: Layers, directory: str) -> None:
    """Colours as 8 bits, depth as TIFF of floats, flow as 16 bits between its extremes, which data_ranges.json has."""
    folder = Path(directory)
    for number, picture in enumerate(data_dict["rgba"]):
        write_png(picture, str(folder / f"rgba_{number:05d}.png"))
    for number, depth in enumerate(data_dict["depth"]):
        cv2.imwrite(str(folder / f"depth_{number:05d}.tiff"), depth[..., 0].astype(np.float32))
    flow = data_dict["forward_flow"]
    low, high = float(flow.min()), float(flow.max())
    for number, codes in enumerate(((flow - low) * 65535 / (high - low)).astype(np.uint16)):
        padded = np.concatenate([codes, np.zeros_like(codes[..., :1])], axis=-1)
        write_png(padded, str(folder / f"forward_flow_{number:05d}.png"))
    (folder / "data_ranges.json").write_text(json.dumps({"forward_flow": {"min": low, "max": high}}))


def write_png(data: NDArray[Any], filename: str, palette: bytes = b"") -> None:
    """H x W x C of 8 or 16 bits; with a palette, places in it."""
    height, width, channels = data.shape
    kind = 3 if palette else {1: 0, 3: 2, 4: 6}[channels]
    depth = 8 * data.dtype.itemsize
    rows = data.astype(data.dtype.newbyteorder(">")).reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))]
    chunks += [(b"PLTE", palette)] if palette else []
    chunks += [(b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    ]
    Path(filename).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
