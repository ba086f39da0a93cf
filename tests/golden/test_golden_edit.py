"""Checksums of decode, composite and repack, so that no change in what they give goes unnoticed.

`python tests/golden/test_golden_edit.py` writes `edit.json` anew. The values were first written when the tests against
independent implementations (tests/edit/composite_reference.py and tests/media) passed; they guard what those proved.
The clips were encoded once from FFmpeg's `testsrc2`; their codecs' standards demand exact decoding.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from cleanplate.edit.composite import composite_planes
from cleanplate.edit.layer_format import layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.clip import Clip
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import PixelFormat, Plane, Siting
from cleanplate.media.repack import planes_from, storage_format, to_video_frame

HERE = Path(__file__).parent
CLIPS = ("h264.mp4", "hevc10.mp4", "vp9.webm")
NAMES = (
    "yuv420p",
    "nv12",
    "p010le",
    "yuv420p10le",
    "yuv422p10le",
    "yuv444p12le",
    "yuvj420p",
    "gray",
    "gbrp",
    "gbrap16le",
)
HEIGHT, WIDTH = 37, 45


def samples(shape: tuple[int, ...], peak: int, salt: int) -> np.ndarray:
    """Codes 0..peak by a formula, as no random generator promises its numbers for ever."""
    n = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(salt * 7919)
    mixed = (n * np.uint64(2654435761)) ^ (n * np.uint64(40503) >> np.uint64(5))
    return ((mixed >> np.uint64(7)) % np.uint64(peak + 1)).astype(np.uint16).reshape(shape)


def planes_of(fmt: PixelFormat) -> tuple[Plane, ...]:
    return tuple(
        samples(fmt.plane_shape(n, HEIGHT, WIDTH), fmt.peak, n).astype(fmt.dtype) for n in range(fmt.components)
    )


def patch_of(fmt: PixelFormat) -> Patch:
    layer = layer_format(fmt)
    alpha = samples((29, 31), 3 * ALPHA_PEAK, 11).astype(np.int64)
    soft = np.clip(np.arange(31) * 4000 - 20000 + alpha % 5000, 0, ALPHA_PEAK).astype(np.uint16)
    return Patch(5, 8, samples((29, 31, layer.components), layer.peak, 12), soft)


def digest(arrays: Iterable[Plane]) -> str:
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    return total.hexdigest()


def composited(name: str) -> str:
    fmt = pixel_format(name)
    planes, patch = planes_of(fmt), patch_of(fmt)
    return digest(p for siting in Siting for p in composite_planes(planes, [patch], fmt, siting))


def repacked(name: str) -> str:
    fmt = pixel_format(name)
    frame = to_video_frame(planes_of(fmt), fmt, storage_format(fmt))
    return digest(planes_from(frame)) + f" {frame.format.name}"


def decoded(name: str) -> str:
    with Clip.open(HERE / name) as clip:
        return digest(plane for frame in clip.frames() for plane in frame.planes)


def everything() -> dict[str, dict[str, str]]:
    return {
        "composite": {name: composited(name) for name in NAMES},
        "repack": {name: repacked(name) for name in NAMES},
        "decode": {name: decoded(name) for name in CLIPS},
    }


EXPECTED = json.loads((HERE / "edit.json").read_text()) if (HERE / "edit.json").exists() else {}


@pytest.mark.parametrize("name", NAMES)
def test_composites(name: str) -> None:
    assert composited(name) == EXPECTED["composite"][name]


@pytest.mark.parametrize("name", NAMES)
def test_repacking(name: str) -> None:
    assert repacked(name) == EXPECTED["repack"][name]


@pytest.mark.parametrize("name", CLIPS)
def test_decoding(name: str) -> None:
    assert decoded(name) == EXPECTED["decode"][name]


if __name__ == "__main__":
    (HERE / "edit.json").write_text(json.dumps(everything(), indent=1) + "\n")
