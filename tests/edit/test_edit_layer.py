"""The stored layer: what goes in comes out, and a killed run ends with the same bytes."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from layer_samples import FLOATS, formats, random_patch, seeds

from cleanplate.edit.layer import Layer, LayerWriter, layer_format
from cleanplate.edit.merge import merged
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.errors import CleanplateError, PackageError
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, PixelFormat
from cleanplate.media.probe import ClipInfo

HEIGHT, WIDTH, FRAMES = 19, 23, 40


def info(fmt: PixelFormat) -> ClipInfo:
    return ClipInfo(
        path=Path("plate.mkv"), files=(Path("plate.mkv"),), is_sequence=False, codec="ffv1", height=HEIGHT,
        width=WIDTH, format=fmt, colour=ColourTags(), time_base=Fraction(1, 12800),
        pts=np.arange(FRAMES, dtype=np.int64) * 512 - 1024, end_pts=FRAMES * 512 - 1024, rate=Fraction(25),
    )  # fmt: skip


def patches(fmt: PixelFormat, frame: int) -> list[Patch]:
    return [random_patch(fmt, HEIGHT, WIDTH, np.random.default_rng((frame, n))) for n in range(2)]


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def write_layer(folder: Path, fmt: PixelFormat, frames: list[int], stop: int | None = None) -> Layer | None:
    """A layer on `frames`; with `stop` the run dies before that frame."""
    with LayerWriter(folder, info(fmt), segment=6) as writer:
        for frame in frames:
            if stop is not None and frame >= stop:
                raise KeyboardInterrupt
            if frame >= writer.next_frame:
                writer.write(frame, patches(fmt, frame))
        return writer.close()


@pytest.mark.parametrize("name", ["yuv420p", "p010le", "yuv444p12le", "gbrp", "gray", "yuv420p9le", *FLOATS])
def test_what_goes_in_comes_out(tmp_path: Path, name: str | PixelFormat) -> None:
    fmt = pixel_format(name) if isinstance(name, str) else name
    frames = [3, 4, 5, 11, 30]
    layer = write_layer(tmp_path, fmt, frames)
    assert layer is not None
    stored = [n for n in frames if merged(patches(fmt, n), info(fmt))]
    assert Layer.open(tmp_path).frames == layer.frames == stored
    for order in (stored, stored[::-1]):
        for frame in order:
            (patch,), expected = layer.patches(frame), merged(patches(fmt, frame), info(fmt))
            assert expected is not None
            assert patch.box == expected.box == layer.box(frame)
            np.testing.assert_array_equal(patch.alpha, expected.alpha)
            np.testing.assert_array_equal(patch.colour, expected.colour)
            assert patch.colour[..., 0].flags.c_contiguous
    assert layer.patches(7) == ()
    assert layer.box(7) is None


@pytest.mark.parametrize("fmt", [pixel_format("yuv420p"), FLOATS[0]], ids=lambda f: f.name)
def test_a_killed_run_ends_with_the_same_bytes(tmp_path: Path, fmt: PixelFormat) -> None:
    frames = [2, 3, 4, 7, 8, 14, 20, 21, 33]
    write_layer(tmp_path / "whole", fmt, frames)
    for stop in (4, 9, 21, 33):
        with pytest.raises(KeyboardInterrupt):
            write_layer(tmp_path / "killed", fmt, frames, stop=stop)
        resumed = LayerWriter(tmp_path / "killed", info(fmt), segment=6)
        done = max((n for n in frames if n < stop), default=0)
        assert resumed.next_frame == done - done % 6
    write_layer(tmp_path / "killed", fmt, frames)
    assert digests(tmp_path / "killed") == digests(tmp_path / "whole")


@pytest.mark.parametrize("fmt", [pixel_format("yuv420p"), FLOATS[0]], ids=lambda f: f.name)
def test_a_whole_layer_is_not_written_again(tmp_path: Path, fmt: PixelFormat) -> None:
    write_layer(tmp_path, fmt, [2, 9])
    before = digests(tmp_path)
    (tmp_path / "segments" / "000000").mkdir(parents=True)
    with LayerWriter(tmp_path, info(fmt), segment=6) as writer:
        assert writer.next_frame == FRAMES
        writer.write(2, patches(fmt, 3))
        assert list(writer.close().frames) == [2, 9]
    assert digests(tmp_path) == before
    assert not (tmp_path / "segments").exists()


def test_an_empty_layer_is_a_layer(tmp_path: Path) -> None:
    layer = write_layer(tmp_path, pixel_format("yuv420p"), [])
    assert layer is not None
    assert list(layer) == []
    assert layer.patches(0) == ()


@settings(max_examples=40)
@given(formats, seeds)
def test_merging_keeps_the_last_patch_that_covers(fmt: PixelFormat, seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = [random_patch(fmt, HEIGHT, WIDTH, rng) for _ in range(3)]
    one = merged(given, info(fmt))
    alpha = np.zeros((HEIGHT, WIDTH), np.uint16)
    colour = np.zeros((HEIGHT, WIDTH, layer_format(fmt).components), layer_format(fmt).dtype)
    for patch in given:
        for y, x in np.argwhere(patch.alpha):
            alpha[patch.y + y, patch.x + x] = patch.alpha[y, x]
            colour[patch.y + y, patch.x + x] = patch.colour[y, x]
    if one is None:
        assert not alpha.any()
        return
    y0, x0, y1, x1 = one.box
    np.testing.assert_array_equal(one.alpha, alpha[y0:y1, x0:x1])
    assert np.count_nonzero(one.alpha) == np.count_nonzero(alpha)
    np.testing.assert_array_equal(one.colour[one.alpha > 0], colour[y0:y1, x0:x1][one.alpha > 0])
    assert all(line.any() for line in (one.alpha[0], one.alpha[-1], one.alpha[:, 0], one.alpha[:, -1]))


def test_what_is_no_layer_is_refused(tmp_path: Path) -> None:
    fmt = pixel_format("yuv420p")
    with pytest.raises(PackageError, match="cannot be read"):
        Layer.open(tmp_path)
    write_layer(tmp_path, fmt, [3])
    (tmp_path / "layer.json").write_text('{"version": 2}')
    with pytest.raises(PackageError, match="not a layer's index"):
        Layer.open(tmp_path)
    layer = write_layer(tmp_path / "other", fmt, [3])
    assert layer is not None
    with pytest.raises(PackageError, match="another plate"):
        layer.require_fit(info(pixel_format("yuv422p")))
    (tmp_path / "other" / "matte.mkv").unlink()
    with pytest.raises(PackageError, match="missing"):
        layer.patches(3)


def test_bad_patches_are_refused(tmp_path: Path) -> None:
    writer = LayerWriter(tmp_path, info(FLOATS[1]))
    full = np.full((2, 2), ALPHA_PEAK, np.uint16)
    with pytest.raises(CleanplateError, match="not finite"):
        writer.write(0, [Patch(0, 0, np.full((2, 2, 3), np.nan, np.float32), full)])
    with pytest.raises(ValueError, match="leaves the frame"):
        writer.write(1, [Patch(HEIGHT - 1, 0, np.zeros((2, 2, 3), np.float32), full)])
    with pytest.raises(ValueError, match="frame 1 after frame 1"):
        writer.write(1, [])
