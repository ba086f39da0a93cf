"""Binary glTF: a file written here by the standard's own rules, read back joint by joint."""

from __future__ import annotations

import json
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from cleanplate.errors import InputError
from cleanplate.worlds.people.glb import read_glb

TIMES = np.array([0.0, 0.25, 1.0])
HIPS = np.array([[0, 0.9, 0], [0.1, 0.95, 0], [0.5, 0.9, 0.2]])
TURNS = Rotation.from_euler("xyz", [[0, 0, 0], [20, 5, -30], [60, -10, 15]], degrees=True)


def written(path: Path, **changes: Any) -> Path:
    """Armature (turned and lifted) > hips > spine > head; hips move, spine turns; joints are listed out of order."""
    arrays = [TIMES, HIPS, TURNS.as_quat()]
    blobs = [np.asarray(a, "<f4").tobytes() for a in arrays]
    starts = np.cumsum([0, *map(len, blobs)])
    kinds = ["SCALAR", "VEC3", "VEC4"]
    document = {
        "asset": {"version": "2.0"},
        "nodes": [
            {"name": "head", "translation": [0, 0.3, 0]},
            {"name": "hips", "translation": [0, 0.9, 0], "children": [2]},
            {"name": "spine", "translation": [0, 0.4, 0], "children": [0]},
            {"name": "armature", "translation": [0, 0.1, 0], "rotation": [0, 0.6, 0, 0.8], "children": [1]},
        ],
        "skins": [{"joints": [0, 2, 1]}],
        "accessors": [
            {"bufferView": n, "componentType": 5126, "count": len(a), "type": kinds[n]} for n, a in enumerate(arrays)
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": int(s), "byteLength": len(b)} for s, b in zip(starts, blobs, strict=False)
        ],
        "buffers": [{"byteLength": int(starts[-1])}],
        "animations": [
            {
                "samplers": [{"input": 0, "output": 1}, {"input": 0, "output": 2, "interpolation": "LINEAR"}],
                "channels": [
                    {"sampler": 0, "target": {"node": 1, "path": "translation"}},
                    {"sampler": 1, "target": {"node": 2, "path": "rotation"}},
                ],
            }
        ],
    } | changes
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary = b"".join(blobs)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    path.write_bytes(struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks)
    return path


def test_joints_are_where_the_standard_puts_them(tmp_path: Path) -> None:
    motion = read_glb(written(tmp_path / "x.glb"), rate=8)
    assert motion.skeleton.names == ("hips", "spine", "head")
    assert motion.skeleton.parents == (-1, 0, 1)
    assert len(motion) == 9
    positions, _ = motion.world()
    armature, between = Rotation.from_quat([0, 0.6, 0, 0.8]), Slerp(TIMES, TURNS)
    for frame, moment in enumerate(np.arange(9) / 8):
        hips = np.array([np.interp(moment, TIMES, HIPS[:, axis]) for axis in range(3)])
        spine = np.add(hips, (0, 0.4, 0))
        expected = [hips, spine, np.add(spine, between(moment).apply((0, 0.3, 0)))]
        placed = np.add(armature.apply(np.array(expected)), (0, 0.1, 0))
        np.testing.assert_allclose(positions[frame], placed, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"skins": []}, "no glTF"),
        ({"animations": []}, "no glTF"),
        ({"bufferViews": [{"byteOffset": 10**6}] * 3}, "leaves its buffer"),
        ({"accessors": [{"bufferView": 0, "componentType": 5123, "count": 3, "type": "SCALAR"}] * 3}, "list of floats"),
        ({"bufferViews": [{"byteStride": 0}] * 3}, "leaves its buffer"),
        ({"nodes": [{"children": [1]}, {"children": [0]}, {}, {}]}, "circle"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_glb(written(tmp_path / "x.glb", **changes))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_glb(tmp_path / "none.glb")
    (tmp_path / "x.glb").write_bytes(b"glTF but short")
    with pytest.raises(InputError, match="no glTF"):
        read_glb(tmp_path / "x.glb")


@settings(max_examples=80)
@given(st.integers(0, 1400), st.binary(max_size=12))
def test_damage_ends_in_one_error(tmp_path_factory: pytest.TempPathFactory, place: int, instead: bytes) -> None:
    path = written(tmp_path_factory.mktemp("glb") / "x.glb")
    data = path.read_bytes()
    path.write_bytes(data[:place] + instead + data[place + len(instead) :])
    with suppress(InputError):
        assert np.isfinite(read_glb(path).world()[0]).all()
