"""Binary glTF 2.0 as far as motion needs it: nodes, where an animation puts them, plain meshes, one file."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.meshes import TriangleMesh
from cleanplate.worlds.people.skeleton import Array

_MAGIC, _JSON, _BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942
_FLOAT = 5126
_INDICES = {5121: "<u1", 5123: "<u2", 5125: "<u4"}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
_MOST_BYTES, _MOST_FRAMES, _MOST_CORNERS = 1 << 31, 200_000, 5_000_000
_RESTING: Mapping[str, tuple[float, ...]] = {
    "translation": (0.0, 0.0, 0.0),
    "rotation": (0.0, 0.0, 0.0, 1.0),
    "scale": (1.0, 1.0, 1.0),
}
_TRIANGLES = 4


class Gltf:
    """A document and its buffer. Its methods raise ValueError, KeyError, IndexError or TypeError where it is broken."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be read, and ValueError where it is larger than 2 GB."""
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("the file is larger than 2 GB")
        self._document, self._binary = _chunks(path.read_bytes())
        if needed := self._document.get("extensionsRequired"):
            raise ValueError(f"it needs {', '.join(map(str, needed))}, which is not read")
        self.nodes: list[dict[str, Any]] = self._document["nodes"]
        self.parents = {child: n for n, node in enumerate(self.nodes) for child in node.get("children", ())}
        self._tracks = self._animated()

    def joints(self) -> list[int]:
        """Nodes of the first skin, parents before children."""
        depths = {joint: len(self.above(joint)) for joint in self._document["skins"][0]["joints"]}
        return sorted(depths, key=depths.__getitem__)

    def above(self, node: int) -> list[int]:
        """A node's parent, that one's parent, and so on."""
        chain: list[int] = []
        while node in self.parents:
            node = self.parents[node]
            chain.append(node)
            if len(chain) > len(self.nodes):
                raise ValueError("its nodes go round in a circle")
        return chain

    def moments(self, rate: float) -> Array:
        """Times of the animation's frames at that rate, seconds."""
        end = max((float(times[-1]) for times, _ in self._tracks.values()), default=0.0)
        if not 0 <= end * rate < _MOST_FRAMES:
            raise ValueError(f"its animation lasts {end:g} s")
        return np.arange(int(np.floor(end * rate + 1e-6)) + 1) / rate

    def placed(self, node: int, moments: Array) -> Array:
        """T x 4 x 4: from a node's own frame to the world."""
        matrix = self._local(node, moments)
        for parent in self.above(node):
            matrix = self._local(parent, moments) @ matrix
        return matrix

    def is_animated(self) -> bool:
        """Whether anything moves in it."""
        return bool(self._tracks)

    def mesh(self, number: int) -> TriangleMesh:
        """All triangles of a mesh, in its own units."""
        vertices, faces, count = [], [], 0
        for part in self._document["meshes"][number]["primitives"]:
            if part.get("mode", _TRIANGLES) != _TRIANGLES:
                raise ValueError("a mesh is not made of triangles")
            corners = self._floats(part["attributes"]["POSITION"])
            places = self._places(part["indices"]) if "indices" in part else np.arange(len(corners))
            if len(places) % 3 or (places >= len(corners)).any():
                raise ValueError("a mesh's corners are not there")
            vertices.append(corners)
            faces.append(places.reshape(-1, 3) + count)
            count += len(corners)
        return TriangleMesh(np.concatenate(vertices), np.concatenate(faces).astype(np.int64))

    def _local(self, node: int, moments: Array) -> Array:
        if "matrix" in self.nodes[node]:
            fixed = np.array(self.nodes[node]["matrix"], np.float64).reshape(4, 4).T
            if not np.isfinite(fixed).all():
                raise ValueError(f"node {node} has no matrix that can be used")
            return np.broadcast_to(fixed, (len(moments), 4, 4))
        shift, turn, scale = (self._values(node, what, moments) for what in _RESTING)
        matrix = np.zeros((len(moments), 4, 4))
        axes = np.eye(3)[None] * scale[:, None]
        matrix[:, :3, :3] = np.moveaxis(quaternion.rotate(turn[:, None], np.moveaxis(axes, 1, 2)), 1, 2)
        matrix[:, :3, 3], matrix[:, 3, 3] = shift, 1.0
        return matrix

    def _values(self, node: int, what: str, moments: Array) -> Array:
        """T x 3 or 4: translation, rotation or scale; rotations on the shortest way, all else straight."""
        if (node, what) not in self._tracks:
            values = np.array(self.nodes[node].get(what, _RESTING[what]), np.float64)
            if values.shape != (len(_RESTING[what]),) or not np.isfinite(values).all():
                raise ValueError(f"node {node} has no {what} that can be used")
            return np.tile(values, (len(moments), 1))
        times, values = self._tracks[node, what]
        before = np.clip(np.searchsorted(times, moments, side="right") - 1, 0, max(0, len(times) - 2))
        after = np.minimum(before + 1, len(times) - 1)
        shares = np.clip((moments - times[before]) / np.maximum(times[after] - times[before], 1e-9), 0, 1)
        if what != "rotation":
            return values[before] + shares[:, None] * (values[after] - values[before])
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
        rows = zip(before, after, shares, strict=True)
        return np.stack([quaternion.slerp(values[a], values[b], float(share)) for a, b, share in rows])

    def _animated(self) -> dict[tuple[int, str], tuple[Array, Array]]:
        """(node, what): times and values of the first animation."""
        found: dict[tuple[int, str], tuple[Array, Array]] = {}
        for animation in self._document.get("animations", ())[:1]:
            for channel in animation["channels"]:
                sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
                times, values = self._floats(sampler["input"])[:, 0], self._floats(sampler["output"])
                if sampler.get("interpolation") == "CUBICSPLINE":
                    values = values.reshape(len(times), 3, -1)[:, 1]
                what = str(target["path"])
                fits = len(times) == len(values) and len(times) and not (np.diff(times) <= 0).any()
                if what in _RESTING and not (fits and values.shape[1] == len(_RESTING[what])):
                    raise ValueError("an animation's times and values do not fit")
                found[int(target["node"]), what] = times, values
        return found

    def _floats(self, number: int) -> Array:
        """N x width float64."""
        rows = self._rows(number, _FLOAT, 4)
        values = rows.view("<f4").astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("it holds numbers that are not finite")
        return values

    def _places(self, number: int) -> NDArray[np.int64]:
        kind = int(self._document["accessors"][number]["componentType"])
        if kind not in _INDICES:
            raise ValueError("a mesh's faces are no plain list of numbers")
        code = _INDICES[kind]
        return self._rows(number, kind, int(code[-1])).view(code).astype(np.int64).ravel()

    def _rows(self, number: int, kind: int, size: int) -> NDArray[np.uint8]:
        """N x bytes of an accessor."""
        accessor = self._document["accessors"][number]
        view = self._document["bufferViews"][accessor["bufferView"]]
        if accessor["componentType"] != kind or view.get("buffer", 0) != 0 or "sparse" in accessor:
            raise ValueError("an accessor is no plain list of floats")
        width, count = size * _WIDTHS[accessor["type"]], int(accessor["count"])
        stride = int(view.get("byteStride", width))
        start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        if count > _MOST_CORNERS:
            raise ValueError(f"an accessor has {count} rows")
        if min(count - 1, start, stride - width) < 0 or start + stride * (count - 1) + width > len(self._binary):
            raise ValueError("an accessor leaves its buffer")
        rows = np.lib.stride_tricks.as_strided(
            np.frombuffer(self._binary, np.uint8, offset=start), (count, width), (stride, 1), writeable=False
        )
        return np.ascontiguousarray(rows)


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    magic, version, length = struct.unpack_from("<III", data)
    if magic != _MAGIC or version != 2 or length > len(data):
        raise ValueError("its header is another one, or it is cut short")
    found: dict[int, bytes] = {}
    place = 12
    while place + 8 <= length:
        size, kind = struct.unpack_from("<II", data, place)
        if place + 8 + size > length:
            raise ValueError("a chunk is cut short")
        found.setdefault(kind, data[place + 8 : place + 8 + size])
        place += 8 + size
    return json.loads(found[_JSON]), found.get(_BINARY, b"")
