"""Skinned motion in binary glTF 2.0 (as HUMOTO's sequences come): the skin's joints, and the animation that moves them.

Only what a skeleton needs is read: nodes, one skin, one animation. Nothing outside the file is opened.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_MAGIC, _JSON, _BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942
_FLOAT, _WIDTHS = 5126, {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
_MOST_BYTES, _MOST_FRAMES = 1 << 31, 200_000
_REMEDY = "Export it again as a binary glTF 2.0 file with its skin and its animation."


def read_glb(path: Path, *, rate: float = 30.0) -> Motion:
    """The motion of the file's first skin, sampled at `rate`: in its own units, y up.

    Raises:
        InputError: there is no such file, it is no binary glTF, or it holds no skin that moves.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("the file is larger than 2 GB", where=str(path), remedy=_REMEDY)
        document, binary = _chunks(path.read_bytes())
        return _Rig(document, binary).motion(rate)
    except OSError as error:
        raise InputError("it cannot be read", where=str(path), remedy="Check the path.") from error
    except (ValueError, KeyError, IndexError, TypeError, struct.error, RecursionError) as error:
        raise InputError(f"this is no glTF that can be used ({error})", where=str(path), remedy=_REMEDY) from error


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


class _Rig:
    """A document and its buffer."""

    def __init__(self, document: dict[str, Any], binary: bytes) -> None:
        self._document, self._binary = document, binary
        self._nodes: list[dict[str, Any]] = document["nodes"]
        self._parents = {child: n for n, node in enumerate(self._nodes) for child in node.get("children", ())}

    def motion(self, rate: float) -> Motion:
        joints = self._in_order(self._document["skins"][0]["joints"])
        places = {node: number for number, node in enumerate(joints)}
        tracks = self._tracks()
        end = max((float(times[-1]) for times, _ in tracks.values()), default=0.0)
        if not 0 <= end * rate < _MOST_FRAMES:
            raise ValueError(f"its animation lasts {end:g} s")
        moments = np.arange(int(np.floor(end * rate + 1e-6)) + 1) / rate
        turns = np.stack([self._turns(node, tracks, moments) for node in joints], axis=1)
        offsets = np.array([self._resting(node, "translation", (0.0, 0.0, 0.0)) for node in joints])
        root = self._shifts(joints[0], tracks, moments)
        root, turns[:, 0] = self._above(joints[0], root, turns[:, 0])
        skeleton = Skeleton(
            tuple(str(self._nodes[node].get("name", f"joint {node}")) for node in joints),
            tuple(places.get(self._parents.get(node, -1), -1) for node in joints),
            offsets,
        )
        if skeleton.parents.count(-1) != 1:
            raise ValueError("its skin has more than one root")
        return Motion(skeleton, rate, root, turns)

    def _in_order(self, joints: list[int]) -> list[int]:
        """Parents before children."""
        depths = {}
        for joint in joints:
            depth, node = 0, joint
            while node in self._parents:
                depth, node = depth + 1, self._parents[node]
                if depth > len(self._nodes):
                    raise ValueError("its nodes go round in a circle")
            depths[joint] = depth
        return sorted(joints, key=lambda joint: depths[joint])

    def _tracks(self) -> dict[tuple[int, str], tuple[Array, Array]]:
        """(node, what): times and values of the first animation."""
        animation = self._document["animations"][0]
        found = {}
        for channel in animation["channels"]:
            sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
            times, values = self._accessor(sampler["input"])[:, 0], self._accessor(sampler["output"])
            if sampler.get("interpolation") == "CUBICSPLINE":
                values = values.reshape(len(times), 3, -1)[:, 1]
            if len(times) != len(values) or not len(times) or (np.diff(times) <= 0).any():
                raise ValueError("an animation's times and values do not fit")
            found[int(target["node"]), str(target["path"])] = times, values
        return found

    def _turns(self, node: int, tracks: dict[tuple[int, str], tuple[Array, Array]], moments: Array) -> Array:
        if (node, "rotation") not in tracks:
            return np.tile(self._resting(node, "rotation", (0.0, 0.0, 0.0, 1.0)), (len(moments), 1))
        times, values = tracks[node, "rotation"]
        values = values / np.linalg.norm(values, axis=1, keepdims=True)
        before = np.clip(np.searchsorted(times, moments, side="right") - 1, 0, max(0, len(times) - 2))
        after = np.minimum(before + 1, len(times) - 1)
        spans = np.maximum(times[after] - times[before], 1e-9)
        shares = np.clip((moments - times[before]) / spans, 0, 1)
        rows = zip(before, after, shares, strict=True)
        return np.stack([quaternion.slerp(values[a], values[b], float(share)) for a, b, share in rows])

    def _shifts(self, node: int, tracks: dict[tuple[int, str], tuple[Array, Array]], moments: Array) -> Array:
        if (node, "translation") not in tracks:
            return np.tile(self._resting(node, "translation", (0.0, 0.0, 0.0)), (len(moments), 1))
        times, values = tracks[node, "translation"]
        return np.stack([np.interp(moments, times, values[:, axis]) for axis in range(3)], axis=1)

    def _above(self, node: int, root: Array, turns: Array) -> tuple[Array, Array]:
        """What the nodes above the root, such as an armature, do to it; they stand still."""
        while node in self._parents:
            node = self._parents[node]
            turn = np.array(self._resting(node, "rotation", (0.0, 0.0, 0.0, 1.0)))
            root = quaternion.rotate(turn, root * self._resting(node, "scale", (1.0, 1.0, 1.0)))
            root = root + self._resting(node, "translation", (0.0, 0.0, 0.0))
            turns = quaternion.multiply(turn, turns)
        return root, turns

    def _resting(self, node: int, what: str, otherwise: tuple[float, ...]) -> Array:
        values = np.array(self._nodes[node].get(what, otherwise), np.float64)
        if values.shape != (len(otherwise),) or not np.isfinite(values).all():
            raise ValueError(f"node {node} has no {what} that can be used")
        return values

    def _accessor(self, number: int) -> Array:
        """N x width float64; floats alone, as animations of skeletons have them."""
        accessor = self._document["accessors"][number]
        view = self._document["bufferViews"][accessor["bufferView"]]
        if accessor["componentType"] != _FLOAT or view.get("buffer", 0) != 0 or "sparse" in accessor:
            raise ValueError("an accessor is no plain list of floats")
        width, count = _WIDTHS[accessor["type"]], int(accessor["count"])
        stride = int(view.get("byteStride", 4 * width))
        start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        if min(count - 1, start, stride - 4 * width) < 0 or start + stride * (count - 1) + 4 * width > len(
            self._binary
        ):
            raise ValueError("an accessor leaves its buffer")
        rows = np.lib.stride_tricks.as_strided(
            np.frombuffer(self._binary, np.uint8, offset=start), (count, 4 * width), (stride, 1), writeable=False
        )
        values = np.ascontiguousarray(rows).view("<f4").astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("it holds numbers that are not finite")
        return values
