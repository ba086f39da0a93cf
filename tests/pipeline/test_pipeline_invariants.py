"""Invariants 1 and 2 through files and the whole pipeline, read by others than our own reader.

The engine paints noise up to the edge of the permitted region, so that whatever leaks is seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_reading import KINDS, Kind, read_floats, read_sound, read_video, write_floats, write_noise

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.media.clip import Clip
from cleanplate.pipeline import registry
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove
from drawn_clips import write_video

FRAMES = 4
TIMES = [0, 40, 113, 131]

sizes = st.tuples(st.integers(17, 40), st.integers(17, 40))


@pytest.fixture(scope="module", autouse=True)
def paint() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.ENGINES, "paint", registry.Part("painting_engine:PaintingEngine", "noise"))
        yield


def labels_of(size: tuple[int, int], seed: int) -> list[np.ndarray]:
    """Quadmasks of random boxes of all labels; the first frame keeps everything."""
    rng = np.random.default_rng(seed)
    masks = [np.full(size, 255, np.uint8) for _ in range(FRAMES)]
    for mask in masks[1:]:
        for label in (127, 63, 0):
            top, left = rng.integers(0, size[0] - 4), rng.integers(0, size[1] - 4)
            mask[top : top + rng.integers(1, 9), left : left + rng.integers(1, 9)] = label
    return masks


def made(folder: Path, plate: Path, masks: list[np.ndarray], engine: str = "paint") -> ShotPackage:
    mask = write_video(folder / "quadmask.mkv", masks, "ffv1", "gray", {})
    return remove(plate, Remove(mask=mask), folder / "shot", engine=engine)


def may_change(labels: np.ndarray, shape: tuple[int, ...], above: int = 0) -> np.ndarray:
    """Samples of a plane from whose place the region can be seen.

    Subsampled chroma: two luma rows (of a halved height), those `above`, and three columns as for left siting; centred
    needs fewer.
    """
    open_: np.ndarray = labels != 255
    if shape == labels.shape:
        return open_
    halved = shape[0] != labels.shape[0]
    result = np.zeros(shape, dtype=bool)
    for row, column in np.ndindex(*shape):
        rows = slice(max(2 * row - above, 0), 2 * row + 2) if halved else slice(row, row + 1)
        result[row, column] = open_[rows, max(2 * column - 1, 0) : 2 * column + 2].any()
    return result


def assert_untouched(before: list[np.ndarray], after: list[np.ndarray], labels: np.ndarray, above: int = 0) -> int:
    """Samples outside the region are equal; returns how many inside are not."""
    assert len(before) == len(after)
    count = 0
    for a, b in zip(before, after, strict=True):
        assert a.shape == b.shape
        differs = (a != b) & ~(np.isnan(a) & np.isnan(b)) if a.dtype.kind == "f" else a != b
        assert not (differs & ~may_change(labels, a.shape, above)).any()
        count += int(differs.sum())
    return count


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=2, suppress_health_check=[HealthCheck.too_slow])
@given(size=sizes, seed=st.integers(0, 99), varying=st.booleans(), sound=st.booleans())
def test_untouched_means_untouched(name: str, size: tuple[int, int], seed: int, varying: bool, sound: bool) -> None:
    kind = KINDS[name]
    varying, sound = varying and kind.is_exact_in_time, sound and kind.is_exact_in_time
    with tempfile.TemporaryDirectory() as temporary:
        check_one(Path(temporary), kind, fitting(size, kind), seed, varying=varying, sound=sound)


def fitting(size: tuple[int, int], kind: Kind) -> tuple[int, int]:
    """Odd sizes where the encoder takes them; x265 overruns its buffers at small ones (32 x 48, say)."""
    if kind.codec == "libx265":
        return 64, 96
    takes_odd = kind.codec == "ffv1" or kind.pixels == "gbrp"
    return size if takes_odd else (size[0] & ~1, size[1] & ~1)


def check_one(folder: Path, kind: Kind, size: tuple[int, int], seed: int, *, varying: bool, sound: bool) -> None:
    plate = folder / f"plate.{kind.suffix}"
    write_noise(plate, kind, size, FRAMES, times=TIMES if varying else None, sound=sound)
    with Clip.open(plate) as clip:
        assert clip.info.format.name == kind.pixels
    masks = labels_of(size, seed)
    package = made(folder, plate, masks)
    times, before = read_video(plate)
    stored_times, after = read_video(package.composite)
    changed = [assert_untouched(a, b, labels, kind.above) for a, b, labels in zip(before, after, masks, strict=True)]
    assert changed[0] == 0
    assert all(count > 0 for count in changed[1:])
    away = [abs((b - stored_times[0]) - (a - times[0])) for a, b in zip(times, stored_times, strict=True)]
    assert max(away) <= 1 / 1000
    if sound:
        assert read_sound(package.composite) == read_sound(plate)
    assert package.shot.proof is not None
    assert package.shot.proof.alpha_zero.differing == package.shot.proof.outside_region.differing == 0
    assert verify(package).passed


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_untouched_float_frames(tmp_path: Path, dtype: type[np.floating]) -> None:
    size = (19, 31)
    write_floats(tmp_path / "plate", size, FRAMES, dtype)
    masks = labels_of(size, 3)
    package = made(tmp_path, tmp_path / "plate", masks)
    before, after = read_floats(tmp_path / "plate"), read_floats(package.composite)
    for number, (a, b, labels) in enumerate(zip(before, after, masks, strict=True)):
        assert list(a) == list(b)
        assert all(a[name].dtype == b[name].dtype for name in a)
        assert np.array_equal(a["depth.Z"], b["depth.Z"])
        assert (assert_untouched(list(a.values()), list(b.values()), labels) > 0) == (number > 0)
    assert verify(package).passed


@pytest.mark.parametrize("name", ["float16", "float32", *KINDS])
def test_the_real_engine_serves_every_format(tmp_path: Path, name: str) -> None:
    size = (32, 48)
    if name in KINDS:
        plate = tmp_path / f"plate.{KINDS[name].suffix}"
        write_noise(plate, KINDS[name], size, FRAMES, times=None, sound=False)
    else:
        plate = tmp_path / "plate"
        write_floats(plate, size, FRAMES, np.dtype(name))
    package = made(tmp_path, plate, labels_of(size, 4), engine="propagate")
    assert package.shot.proof is not None
    assert package.shot.proof.passed
    assert package.shot.proof.changed > 0
