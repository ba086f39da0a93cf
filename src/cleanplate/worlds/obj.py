"""Meshes in Wavefront OBJ files: corners, texture places, and faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds.meshes import TriangleMesh

MOST_TRIANGLES = 2_000_000
LARGEST = 512 * 2**20
"""Bytes of a file that is read at all."""


def read_obj(path: Path) -> TriangleMesh:
    """The triangles of a Wavefront OBJ file; faces of more corners are cut into fans, all else is passed over.

    Raises:
        InputError: with the line, when the file is no mesh: numbers that are none, corners that are not there, no
            face, no volume at all, or more triangles than `MOST_TRIANGLES`.
    """
    if path.stat().st_size > LARGEST:
        raise _too_large(path)
    reader = _Reader()
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                reader.take(line)
            except ValueError:
                raise InputError(
                    f"the mesh is broken at line {number}: '{line.strip()[:80]}'",
                    where=str(path),
                    remedy="Export it again as a triangle mesh in OBJ.",
                ) from None
            if len(reader.faces) > MOST_TRIANGLES:
                raise _too_large(path)
    mesh = reader.mesh()
    if not len(mesh.faces) or float(np.ptp(mesh.vertices, axis=0).min()) <= 0:
        raise InputError("the mesh has no faces or is flat", where=str(path), remedy="Export it with its triangles.")
    return mesh


class _Reader:
    """Line by line. Its state is what was read so far."""

    def __init__(self) -> None:
        self.vertices: list[list[float]] = []
        self.places: list[list[float]] = []
        self.faces: list[list[int]] = []
        self.texels: list[list[int]] = []

    def take(self, line: str) -> None:
        """Raises ValueError for a line that cannot be."""
        kind, *words = line.split("#", 1)[0].split() or [""]
        if kind == "v":
            self.vertices.append(_numbers(words, 3))
        elif kind == "vt":
            self.places.append(_numbers(words, 2))
        elif kind == "f":
            corners = [_place(word.split("/", 1)[0], len(self.vertices)) for word in words]
            self.faces += _fan(corners)
            named = [word.split("/")[1] for word in words if word.count("/") and word.split("/")[1]]
            if len(named) == len(words):
                self.texels += _fan([_place(word, len(self.places)) for word in named])

    def mesh(self) -> TriangleMesh:
        """With texture places only where every face has them."""
        faces = np.array(self.faces, np.int64).reshape(-1, 3)
        uvs = None
        if self.faces and len(self.texels) == len(self.faces):
            uvs = np.array(self.places, np.float32)[np.array(self.texels, np.int64)]
        return TriangleMesh(np.array(self.vertices, np.float64).reshape(-1, 3), faces, uvs)


def _numbers(words: list[str], count: int) -> list[float]:
    numbers = [float(word) for word in words[:count]]
    if len(numbers) < count or not np.isfinite(numbers).all():
        raise ValueError
    return numbers


def _fan(corners: list[int]) -> list[list[int]]:
    return [[corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1)]


def _place(word: str, count: int) -> int:
    """Of a number such as "3" or "-1" in a list. Raises ValueError when it is not there."""
    place = int(word)
    index = place - 1 if place > 0 else count + place
    if place == 0 or not 0 <= index < count:
        raise ValueError(word)
    return index


def _too_large(path: Path) -> InputError:
    return InputError(
        f"the mesh has more than {MOST_TRIANGLES} triangles", where=str(path), remedy="Decimate it to some thousands."
    )
