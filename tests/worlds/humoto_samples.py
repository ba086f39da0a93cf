"""A recording in HUMOTO's layout, written by glTF's own rules: a skinned person in centimetres, a mug, a table."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from cleanplate.worlds.people.skeleton import Motion

Array = NDArray[np.float64]
YAML = "title: drink\nshort_script: The person lifts a mug.\nobjects:\n  - mug\n  - table\n"
TABLE = (0.9, 0.0, 0.35)
"""Metres, z up; its middle."""
_FINGERS = {"fist": "HandMiddle1", "upleg": "UpLeg", "forearm": "ForeArm", "toe": "ToeBase"}


class Writer:
    """Collects accessors."""

    def __init__(self) -> None:
        self.accessors: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.binary = b""

    def add(self, values: Any, kind: str, component: int = 5126) -> int:
        """Number of the accessor."""
        data = np.ascontiguousarray(values, "<f4" if component == 5126 else "<u2")
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": data.nbytes})
        self.accessors.append(
            {"bufferView": len(self.views) - 1, "componentType": component, "count": len(data), "type": kind}
        )
        self.binary += data.tobytes()
        return len(self.accessors) - 1


def mixamo(name: str) -> str:
    """What Mixamo calls a joint of ours."""
    side, _, part = name.rpartition(" ")
    if side in {"left", "right"}:
        return f"mixamorig:{side.title()}{_FINGERS.get(part, part.title())}"
    return "mixamorig:" + {"chest": "Spine1", "head top": "HeadTop_End"}.get(name, name.title())


def write_sequence(folder: Path, motion: Motion, mug: Array, text: str = YAML) -> Path:
    """`motion` is z up, in metres; `mug` is T x 3, where the mug's foot goes. The file is y up, the person in cm."""
    folder.mkdir(parents=True)
    out, count = Writer(), len(motion.skeleton.names)
    times = out.add(np.arange(len(motion)) / motion.rate, "SCALAR")
    offsets = motion.skeleton.offsets * 100
    nodes: list[dict[str, Any]] = [
        {"name": mixamo(name), "translation": offset.tolist(), "children": motion.skeleton.children(joint)}
        for joint, (name, offset) in enumerate(zip(motion.skeleton.names, offsets, strict=True))
    ]
    quarter = Rotation.from_euler("x", -90, degrees=True)
    # As from FBX: the armature turns z up into y up, and centimetres into metres.
    nodes.append({"name": "Armature", "rotation": quarter.as_quat().tolist(), "scale": [0.01] * 3, "children": [0]})
    channels = [{"sampler": 0, "target": {"node": 0, "path": "translation"}}]
    samplers = [{"input": times, "output": out.add(motion.root * 100, "VEC3")}]
    for joint in range(count):
        channels.append({"sampler": len(samplers), "target": {"node": joint, "path": "rotation"}})
        samplers.append({"input": times, "output": out.add(motion.turns[:, joint], "VEC4")})
    corners = np.array([[x, y, z] for x in (-0.05, 0.05) for y in (0, 0.1) for z in (-0.05, 0.05)])
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    places = np.array([[a, b, c, a, c, d] for a, b, c, d in quads]).ravel()
    mesh = {"attributes": {"POSITION": out.add(corners, "VEC3")}, "indices": out.add(places, "SCALAR", 5123)}
    table = quarter.apply(np.array(TABLE) - [0, 0, 0.35])
    nodes.append({"name": "mug", "mesh": 0})
    nodes.append({"name": "table", "mesh": 0, "translation": table.tolist(), "scale": [6, 7, 6]})
    nodes.append({"name": "Body", "mesh": 0, "skin": 0})
    channels.append({"sampler": len(samplers), "target": {"node": count + 1, "path": "translation"}})
    samplers.append({"input": times, "output": out.add(quarter.apply(mug), "VEC3")})
    inverse = np.tile(np.eye(4).ravel(), (count, 1))
    out.views.append({"buffer": 0, "byteOffset": len(out.binary), "byteLength": inverse.nbytes // 2})
    out.binary += inverse.astype("<f4").tobytes()
    out.accessors.append({"bufferView": len(out.views) - 1, "componentType": 5126, "count": count, "type": "MAT4"})
    document = {
        "asset": {"version": "2.0"},
        "nodes": nodes,
        "skins": [{"joints": list(range(count)), "inverseBindMatrices": len(out.accessors) - 1}],
        "meshes": [{"primitives": [mesh]}],
        "accessors": out.accessors,
        "bufferViews": out.views,
        "buffers": [{"byteLength": len(out.binary)}],
        "animations": [{"samplers": samplers, "channels": channels}],
    }
    head = json.dumps(document).encode()
    head += b" " * (-len(head) % 4)
    body = out.binary + b"\0" * (-len(out.binary) % 4)
    chunks = struct.pack("<II", len(head), 0x4E4F534A) + head + struct.pack("<II", len(body), 0x004E4942) + body
    (folder / f"{folder.name}.glb").write_bytes(struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks)
    (folder / f"{folder.name}.yaml").write_text(text, encoding="utf-8")
    return folder
