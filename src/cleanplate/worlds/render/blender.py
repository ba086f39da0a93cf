"""Pictures by Blender's Cycles: soft shadows, reflections, motion blur.

Blender's Python package wants another NumPy than ours, so it lives in an environment of its own (`set_up`), and runs as
a subprocess: a job goes there as JSON, multilayer EXR files come back. A killed run goes on behind the last whole
frame.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import CleanplateError, ResourceError
from cleanplate.worlds.asset_files import located
from cleanplate.worlds.assets import maps_beside
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.mesh_files import seen_mesh
from cleanplate.worlds.picture_files import exposure
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.particles import with_particles
from cleanplate.worlds.render.soft import rest_of
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.scene import Body, Material, Mesh, Scene, Texture
from cleanplate.worlds.textures import draw, is_file

PACKAGES = ("bpy==5.0.1",)
_HOME = "CLEANPLATE_BLENDER"
_WORKER = Path(__file__).with_name("blender_worker.py")
_NOTHING = 1e9
_TEXELS = 512
"""Along each side of one period of a pattern."""
_SKY = {"horizon": (0.80, 0.86, 0.92), "zenith": (0.30, 0.50, 0.85)}


@dataclass(frozen=True)
class Blender:
    """The renderer `blender`.

    Attributes:
        samples: light paths a pixel, before denoising.
        shutter: share of a frame for which the shutter is open; 0 switches motion blur off.
        keep: folder for the EXR files, so that a killed run goes on; a temporary one otherwise.
        assets: the user's meshes and pictures.
    """

    samples: int = 8
    denoise: bool = True
    shutter: float = 0.0
    threads: int = 2
    keep: Path | None = None
    assets: Path | None = None
    name: str = "blender"

    def render(self, scene: Scene, trajectories: Trajectories, height: int, width: int) -> Iterator[View]:
        """One view a frame.

        Raises:
            ResourceError: Blender is not set up.
            InputError: an asset is missing or broken.
            CleanplateError: Blender failed.
        """
        python = interpreter()
        with ExitStack() as stack:
            folder = self.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cleanplate-blender-")))
            folder.mkdir(parents=True, exist_ok=True)
            files = [folder / f"{number:06d}.exr" for number in range(len(trajectories))]
            if not all(file.is_file() for file in files):
                job = folder / "job.json"
                job.write_text(json.dumps(self._job(scene, trajectories, (height, width), files)), encoding="utf-8")
                _run([str(python), str(_WORKER), str(job)])
            for frame, file in enumerate(files):
                view = read_view(file, [body.name for body in scene.bodies])
                yield with_particles(view, scene, trajectories, frame, shot_at(scene, frame))

    def _job(
        self, scene: Scene, trajectories: Trajectories, size: tuple[int, int], files: list[Path]
    ) -> dict[str, Any]:
        shots = [shot_at(scene, number) for number in range(len(trajectories))]
        return {
            "height": size[0],
            "width": size[1],
            "samples": self.samples,
            "denoise": self.denoise,
            "shutter": self.shutter,
            "threads": self.threads,
            "seed": scene.seed,
            "outputs": [str(file) for file in files],
            "ambient": sum(light.ambient for light in scene.lights),
            "backdrop": self._backdrop(scene.backdrop),
            "lights": [light.model_dump(mode="json") for light in scene.lights],
            "cameras": [
                {
                    "eye": shot.eye.tolist(),
                    "target": (shot.eye + shot.axes[2]).tolist(),
                    "fov": 2 * float(np.arctan(shot.slope)),
                }
                for shot in shots
            ],
            "bodies": [
                self._body(scene, trajectories, name, files[0].parent)
                for name in trajectories.names
                if scene.body(name).drawn
            ],
        }

    def _backdrop(self, texture: Texture) -> dict[str, Any]:
        if self.assets is None or not is_file(texture):
            return dict(_SKY)
        picture = located(texture.name, self.assets)
        return {"picture": str(picture.resolve()), "exposure": exposure(texture.name, self.assets)}

    def _body(self, scene: Scene, trajectories: Trajectories, name: str, folder: Path) -> dict[str, Any]:
        body, place = scene.body(name), trajectories.index(name)
        if name in trajectories.deforming:
            return _soft(body, trajectories, folder / f"surface-{place}", self.assets)
        made = []
        for part in parts(body):
            vertices, faces, smooth = surface(part.shape, self.assets)
            mesh = seen_mesh(part.shape, self.assets) if isinstance(part.shape, Mesh) else None
            made.append(
                {
                    "uvs": mesh.uvs.reshape(-1, 2).tolist() if mesh is not None and mesh.uvs is not None else None,
                    "vertices": vertices.tolist(),
                    "faces": faces,
                    "smooth": smooth,
                    "position": part.position,
                    "orientation": part.orientation,
                    "material": _look(part.material or body.material, self.assets, folder),
                }
            )
        return {
            "name": name,
            "positions": trajectories.positions[:, place].tolist(),
            "orientations": trajectories.orientations[:, place].tolist(),
            "parts": made,
        }


def read_view(file: Path, names: list[str]) -> View:
    """A frame that the worker wrote; coverage comes from its Cryptomatte (Friedman and Jones, SIGGRAPH 2015)."""
    import OpenEXR

    channels: dict[str, NDArray[np.float32]] = {}
    manifest: dict[str, str] = {}
    with OpenEXR.File(str(file), separate_channels=True) as exr:
        for part in exr.parts:
            for name, channel in part.channels.items():
                channels[name.split(".", 1)[1]] = np.array(channel.pixels, np.float32)
            for key, value in part.header.items():
                if key.endswith("/manifest"):
                    manifest = json.loads(value)
    rgb = np.stack([channels[f"Combined.{c}"] for c in "RGB"], axis=-1)
    coverage = _coverage(channels, manifest, names)
    depth = channels["Depth.Z"]
    best = coverage.argmax(axis=0)
    instance = np.where(coverage.max(axis=0) >= 0.5, best, np.where(coverage.sum(axis=0) > 0.5, best, -1))
    return View(_display(rgb), instance.astype(np.int16), coverage, np.where(depth < _NOTHING, depth, np.inf))


def interpreter() -> Path:
    """Python of Blender's environment. Raises ResourceError where there is none."""
    python = home() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        raise ResourceError("Blender is not set up", where=str(home()), remedy="Run: cleanplate worlds setup-blender")
    return python


def home() -> Path:
    """Where Blender's environment lies: what CLEANPLATE_BLENDER names, or a folder of the user's cache."""
    named = os.environ.get(_HOME)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else cache / "cleanplate" / "blender"


def set_up() -> Path:
    """Make the environment (about 1 GB), unless it is there; where it lies.

    Raises:
        ResourceError: it cannot be made or filled.
    """
    folder = home()
    try:
        return interpreter()
    except ResourceError:
        pass
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)  # noqa: S603
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        install = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(install, check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip().splitlines()
        raise ResourceError(
            f"Blender's package could not be installed ({said[-1] if said else error})",
            where=str(folder),
            remedy="It needs Python 3.11, the network, and 1 GB of disk; remove the folder and try again.",
        ) from error
    return interpreter()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise CleanplateError(
            f"Blender failed ({said[-1] if said else f'exit code {done.returncode}'})",
            where=command[-1],
            remedy="Try again: finished pairs are kept. Or choose --renderer tiny.",
        )


def _soft(body: Body, trajectories: Trajectories, file: Path, assets: Path | None) -> dict[str, Any]:
    """A surface that changes its shape; its numbers go to the worker in a file of their own beside the job."""
    one = trajectories.deforming[body.name]
    numbers = file.with_suffix(".npz")
    np.savez(numbers, vertices=one.vertices, faces=one.faces, rest=rest_of(trajectories, body.name))
    return {"name": body.name, "surface": str(numbers), "material": _look(body.material, assets, file.parent)}


def _look(material: Material, assets: Path | None, folder: Path) -> dict[str, Any]:
    """A material, and where the pictures of its texture lie, by what they are for; drawn ones go to `folder`."""
    return material.model_dump(mode="json") | {"maps": _pictures(material, assets, folder)}


def _pictures(material: Material, assets: Path | None, folder: Path) -> dict[str, str]:
    texture = material.texture
    if texture is None:
        return {}
    if assets is not None and is_file(texture):
        named = {"colour": texture.name, **maps_beside(texture.name, assets)}
        return {kind: str(located(file, assets).resolve()) for kind, file in named.items()}
    told = f"{texture.model_dump_json()}{material.colour}"
    file = folder / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.png"
    picture = draw(texture, _TEXELS, colour=material.colour, assets=assets)
    cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return {"colour": str(file)}


def _coverage(
    channels: dict[str, NDArray[np.float32]], manifest: dict[str, str], names: list[str]
) -> NDArray[np.float32]:
    """N x H x W: every object's share of each pixel, parts of one body together."""
    height, width = channels["Depth.Z"].shape
    coverage = np.zeros((len(names), height, width), np.float32)
    hashes = {name: np.uint32(int(value, 16)) for name, value in manifest.items() if "|" in name}
    for level in range(6):
        for identity, weight in (("r", "g"), ("b", "a")):
            key = f"CryptoObject{level:02d}."
            if key + identity not in channels:
                continue
            ids = np.ascontiguousarray(channels[key + identity]).view(np.uint32)
            for name, number in hashes.items():
                place = names.index(name.rsplit("|", 1)[0])
                coverage[place] += np.where(ids == number, channels[key + weight], 0)
    return np.clip(coverage, 0, 1)


def _display(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """sRGB codes of linear light, with a shoulder over 0.8 instead of a hard end."""
    over = np.maximum(linear - 0.8, 0)
    light = np.where(linear > 0.8, 0.8 + 0.2 * over / (over + 0.2), np.maximum(linear, 0))
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(encoded, 0, 1) * 255), np.uint8)
