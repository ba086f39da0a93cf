"""Invariants 1 and 2 on whole files of every kind: decoded, composited, stored, joined, proved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import OpenEXR
import pytest
from shot_maker import BOX, compose, make, patch_on

from cleanplate.edit.composite import composite_planes, siting_of
from cleanplate.edit.layer import LayerWriter
from cleanplate.edit.prove import prove
from cleanplate.edit.region import BoxRegion
from cleanplate.media.clip import Clip
from cleanplate.media.exr_write import write_exr_like
from cleanplate.media.formats import pixel_format

FILES = [
    ("nut", "rawvideo", "nv12"),
    ("nut", "rawvideo", "yuyv422"),
    ("nut", "rawvideo", "gbrp"),
    ("nut", "rawvideo", "rgb24"),
    ("nut", "rawvideo", "gray10le"),
    ("avi", "mjpeg", "yuvj420p"),
    ("mov", "prores_ks", "yuv422p10le"),
    ("mp4", "libx264", "yuv420p"),
    ("mkv", "libx265", "yuv420p10le"),
    ("mov", "qtrle", "argb"),
]
HEIGHT, WIDTH, COUNT = 64, 96, 6
"""Whole blocks of every codec: x265 overruns its buffers at some sizes that are smaller or no multiple of 8."""


def encode(path: Path, codec: str, pixels: str) -> None:
    """A few frames of coloured noise that moves."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(24000, 1001))
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, pixels
        if codec == "libx265":
            stream.options = {"x265-params": "log-level=none:colorprim=9:transfer=16:colormatrix=9:chromaloc=2"}
        picture = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        for n in range(COUNT):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, n, axis=1), "rgb24")
            container.mux(stream.encode(frame.reformat(format=pixels)))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(("suffix", "codec", "pixels"), FILES, ids=lambda v: v)
def test_every_kind_of_file_stays_untouched(tmp_path: Path, suffix: str, codec: str, pixels: str) -> None:
    source = tmp_path / f"plate.{suffix}"
    encode(source, codec, pixels)
    with Clip.open(source) as clip:
        assert clip.info.format.name == pixels
    made = make(source, tmp_path / "shot", range(1, 4))
    proof = prove(made.plate, made.composite, made.layer, BoxRegion(HEIGHT, WIDTH, BOX, range(COUNT)))
    assert proof.passed, proof.faults
    assert proof.frames == COUNT
    assert proof.changed > 0


def test_p010_stays_untouched(tmp_path: Path) -> None:
    """Only hardware decoders hand it out, so a software-decoded clip is dressed as one."""
    encode(tmp_path / "plate.mkv", "libx265", "yuv420p10le")
    clip = Clip.open(tmp_path / "plate.mkv")
    clip.info = replace(clip.info, format=pixel_format("p010le"))
    made = compose(clip, tmp_path / "shot", range(1, 4))
    proof = prove(clip, made.composite, made.layer, BoxRegion(HEIGHT, WIDTH, BOX, range(COUNT)))
    assert proof.passed, proof.faults
    assert made.layer.index.plate_format == "p010le"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_float_plates_stay_untouched_in_every_channel(tmp_path: Path, dtype: type[np.floating]) -> None:
    rng = np.random.default_rng(3)
    plate, out = tmp_path / "plate", tmp_path / "composite"
    plate.mkdir()
    out.mkdir()
    for n in range(COUNT):
        channels = {name: rng.normal(1, 3, (HEIGHT, WIDTH)).astype(dtype) for name in ("R", "G", "B", "A")}
        channels["R"][0, 0], channels["G"][1, 1], channels["B"][BOX[0], BOX[1]] = np.nan, np.inf, -np.inf
        depth = rng.normal(size=(HEIGHT, WIDTH)).astype(np.float32)
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, channels | {"Z": depth}).write(str(plate / f"p.{n:04d}.exr"))
    with Clip.open(plate) as clip:
        info = clip.info
        with LayerWriter(tmp_path / "layer", info) as writer:
            for n in range(1, 4):
                writer.write(n, [patch_on(clip, n)])
            layer = writer.close()
        for frame in clip.frames():
            planes = composite_planes(frame.planes, layer.patches(frame.index), info.format, siting_of(info))
            write_exr_like(info.files[frame.index], planes, out / info.files[frame.index].name)
        with Clip.open(out) as composite:
            proof = prove(clip, composite, layer, BoxRegion(HEIGHT, WIDTH, BOX, range(COUNT)))
    assert proof.passed, proof.faults
    assert 0 < proof.changed < 3 * 3 * 13 * 16
    before, after = (OpenEXR.File(str(f / "p.0002.exr"), separate_channels=True).channels() for f in (plate, out))
    np.testing.assert_array_equal(before["Z"].pixels, after["Z"].pixels)
