"""Reads what Kubric wrote of one world: pictures, segmentation, depth, flow, and where everything was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.camera import Shot
from cleanplate.worlds.kubric.convert import along_axis, uncentred
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.scene import Scene

METADATA = "metadata.json"
RANGES = "data_ranges.json"


@dataclass(frozen=True)
class World:
    """One world's folder."""

    folder: Path

    @property
    def whole(self) -> bool:
        """The worker writes the metadata last."""
        return (self.folder / METADATA).is_file()

    @cached_property
    def _metadata(self) -> dict[str, Any]:
        return _json(self.folder / METADATA)

    def trajectories(self, scene: Scene, assets: Path | None = None) -> Trajectories:
        """Where every body of the scene was, as Kubric has it. Contacts are not known.

        Raises:
            InputError: the metadata is broken, or of another number of frames.
        """
        ways = self._metadata.get("ways", {})
        names = tuple(body.name for body in scene.bodies if body.name in ways)
        poses = [
            uncentred(scene.body(name), ways[name]["positions"], ways[name]["quaternions"], assets) for name in names
        ]
        if not names or any(place.shape != (scene.frames, 3) for place, _ in poses):
            raise InputError("these are no poses of the scene's frames", where=str(self.folder / METADATA))
        positions, turns = (np.stack(some, axis=1) for some in zip(*poses, strict=True))
        return Trajectories(names, positions, turns, (frozenset(),) * scene.frames)

    def view(self, scene: Scene, frame: int, shot: Shot) -> View:
        """A frame. A pixel belongs wholly to the body that its segmentation names.

        Raises:
            InputError: a file is missing, unreadable, or of another size.
        """
        rgb = png(self.folder / f"rgba_{frame:05d}.png")[..., :3]
        numbers = png(self.folder / f"segmentation_{frame:05d}.png")
        numbers = numbers if numbers.ndim == 2 else numbers[..., 0]
        depth = self._tiff(f"depth_{frame:05d}.tiff")
        if rgb.shape[:2] != numbers.shape or rgb.shape[:2] != depth.shape:
            raise InputError(f"the layers of frame {frame} are of several sizes", where=str(self.folder))
        if int(numbers.max()) > len(scene.bodies):
            raise InputError(f"frame {frame} shows bodies that the scene has not got", where=str(self.folder))
        coverage = numbers[None] == np.arange(1, len(scene.bodies) + 1)[:, None, None]
        return View(
            np.ascontiguousarray(rgb.astype(np.uint8)),
            numbers.astype(np.int16) - np.int16(1),
            coverage.astype(np.float32),
            along_axis(depth, shot),
        )

    def flow(self, frame: int) -> NDArray[np.float32]:
        """H x W x 2, pixels to the right and down, to the next frame; 16 bits between the clip's extremes.

        Raises:
            InputError: the file or its range is missing or unreadable.
        """
        ranges = _json(self.folder / RANGES).get("forward_flow")
        if ranges is None:
            raise InputError("it has no range of forward_flow", where=str(self.folder / RANGES))
        codes = png(self.folder / f"forward_flow_{frame:05d}.png")[..., :2].astype(np.float32)
        down_right = ranges["min"] + codes / 65535 * (ranges["max"] - ranges["min"])
        return np.asarray(down_right[..., ::-1], np.float32)

    def _tiff(self, name: str) -> NDArray[np.float32]:
        path = self.folder / name
        found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
        if found is None or found.dtype != np.float32:
            raise InputError("no picture of 32-bit floats can be read here", where=str(path), remedy="Render it again.")
        return np.asarray(found if found.ndim == 2 else found[..., 0], np.float32)


def png(path: Path) -> NDArray[Any]:
    """The codes of a PNG: H x W for gray and for places in a palette, else H x W x C. Raises InputError."""
    import av

    try:
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
    except (OSError, av.error.FFmpegError, StopIteration) as error:
        raise InputError("this PNG cannot be read", where=str(path), remedy="Render it again.") from error
    if frame.format.name == "pal8":
        plane = frame.planes[0]
        codes = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
        return codes[:, : plane.width].copy()
    return np.asarray(frame.to_ndarray())


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("this is no JSON file of Kubric's", where=str(path), remedy="Render it again.") from error
    if not isinstance(found, dict):
        raise InputError("this is no JSON file of Kubric's", where=str(path), remedy="Render it again.")
    return found
