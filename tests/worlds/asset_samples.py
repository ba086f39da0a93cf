"""Small assets of every layout, written as tests want them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

CORNERS = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def write_box(path: Path, half: tuple[float, float, float] = (1.0, 1.0, 1.0), *, uvs: bool = True) -> Path:
    """A box as OBJ; on every side its whole picture, which starts at the side's first corner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["v " + " ".join(str(a * b) for a, b in zip(corner, half, strict=True)) for corner in CORNERS]
    lines += ["vt 0 0", "vt 1 0", "vt 1 1", "vt 0 1"] if uvs else []
    for side in SIDES:
        words = (f"{corner + 1}/{place + 1}" if uvs else f"{corner + 1}" for place, corner in enumerate(side))
        lines.append("f " + " ".join(words))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_picture(path: Path, colour: tuple[int, int, int] = (200, 40, 30), size: int = 16) -> Path:
    """One colour (red, green, blue)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size, size, 3), colour[::-1], np.uint8))
    return path


def write_sky(path: Path, rows: int = 32) -> Path:
    """Gray light, its left half red, brighter above."""
    path.parent.mkdir(parents=True, exist_ok=True)
    light = np.zeros((rows, 2 * rows, 3), np.float32)
    light[:] = 0.5 + np.linspace(8, 0, rows, dtype=np.float32)[:, None, None]
    light[:, :rows] *= (1, 0.1, 0.1)
    cv2.imwrite(str(path), np.ascontiguousarray(light[..., ::-1]))
    return path


def write_kubric(folder: Path, half: tuple[float, float, float] = (0.5, 0.5, 0.5)) -> Path:
    """As in KuBasic: what is seen, a box that is felt, a description."""
    write_box(folder / "visual_geometry.obj", half)
    write_box(folder / "collision_geometry.obj", half)
    (folder / "object.urdf").write_text("<robot name='thing'/>")
    (folder / "data.json").write_text(json.dumps({"kwargs": {"mass": 2.0, "friction": 0.7}}))
    return folder


def write_scanned(folder: Path) -> Path:
    """As in Google Scanned Objects."""
    write_box(folder / "meshes/model.obj", (0.1, 0.1, 0.15))
    write_picture(folder / "materials/textures/texture.png", (30, 160, 60))
    return folder


def write_all(folder: Path) -> Path:
    """One of each, and one of each for held-out scenes."""
    for shelf, name in ((folder, "Box"), (folder / "held-out", "Urn")):
        write_picture(write_box(shelf / f"Paper_{name}.obj").with_suffix(".png"))
        write_kubric(shelf / f"Kubric_{name}_01")
        write_scanned(shelf / f"Ace_Coffee_{name}_nQ0LPNF1oMw")
        write_picture(shelf / f"textures/{name.lower()}_planks_diff_1k.png", (120, 90, 60))
        write_picture(shelf / f"textures/{name.lower()}_planks_rough_1k.png", (128, 128, 128))
        write_sky(shelf / f"hdris/{name.lower()}_meadow_1k.hdr")
    return folder
