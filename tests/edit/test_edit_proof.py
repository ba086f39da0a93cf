"""Invariant 2: the proof counts what it says it counts, and a leak cannot hide."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from composite_reference import untouched
from hypothesis import given, settings
from layer_samples import formats, random_alpha, random_planes, seeds, sitings, sizes
from shot_maker import BOX, make, patch_on, write_plate

from cleanplate.edit.census import Area, Census, differing
from cleanplate.edit.prove import exact_times_check, prove
from cleanplate.edit.region import BoxRegion, whole_frame
from cleanplate.media.frame import PixelFormat, Siting


@settings(max_examples=80)
@given(formats, sitings, sizes, seeds)
def test_a_census_counts_as_the_slow_way_does(
    fmt: PixelFormat, siting: Siting, size: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    source = random_planes(fmt, *size, rng)
    composite = tuple(np.where(rng.random(p.shape) < 0.2, p[::-1, ::-1], p) for p in source)
    codes = random_alpha(size, rng)
    y0, x0 = int(rng.integers(0, size[0])), int(rng.integers(0, size[1]))
    codes[:y0], codes[:, :x0] = 0, 0
    census = Census(fmt, siting)
    differs = [differing(a, b) for a, b in zip(source, composite, strict=True)]
    census.add(3, source, composite, differs, Area(y0, x0, codes[y0:, x0:] > 0))
    result = census.result()
    colours = fmt.components - fmt.has_alpha
    still = [untouched(fmt, n, codes, siting) for n in range(colours)]
    still += [np.ones(size, dtype=bool)] * fmt.has_alpha
    assert result.compared == sum(int(s.sum()) for s in still)
    assert result.differing == sum(int((s & (a != b)).sum()) for s, a, b in zip(still, source, composite, strict=True))
    if result.differing:
        first = result.first[0]
        assert (first.frame, first.source) != (3, first.composite)


@pytest.mark.parametrize(
    ("name", "siting"),
    [
        ("yuv420p", Siting.LEFT),
        ("yuv420p", Siting.CENTER),
        ("yuv420p", Siting.TOPLEFT),
        ("yuv422p10le", Siting.LEFT),
        ("yuv444p12le", Siting.LEFT),
        ("gbrp10le", Siting.LEFT),
        ("gray", Siting.LEFT),
    ],
)
def test_an_honest_composite_passes(tmp_path: Path, name: str, siting: Siting) -> None:
    made = make(write_plate(tmp_path / "plate.mkv", name, siting=siting), tmp_path)
    region = BoxRegion(27, 33, BOX, range(8))
    proof = prove(made.plate, made.composite, made.layer, region)
    assert proof.passed, proof.faults
    assert proof.changed > 0
    assert proof.frames == 8
    assert not proof.whole_frame
    assert sorted(proof.touched_by_frame) == [2, 3, 4, 5]
    covered = [np.count_nonzero(patch_on(made.plate, n).alpha) / (27 * 33) for n in range(2, 6)]
    assert proof.touched == pytest.approx(sum(covered) / 8)
    assert proof.permitted == pytest.approx(13 * 16 / (27 * 33))


@pytest.mark.parametrize(("plane", "y", "x", "where"), [(0, 26, 31, "plane Y"), (1, 12, 2, "plane Cb")])
def test_a_leak_fails_and_is_named(tmp_path: Path, plane: int, y: int, x: int, where: str) -> None:
    made = make(write_plate(tmp_path / "plate.mkv"), tmp_path, leak=(3, plane, y, x))
    proof = prove(made.plate, made.composite, made.layer, BoxRegion(27, 33, BOX, range(8)))
    assert not proof.passed
    assert proof.alpha_zero.differing == proof.outside_region.differing == 1
    first = proof.alpha_zero.first[0]
    assert (first.frame, first.y, first.x) == (3, y, x)
    assert f"frame 3, {where}, row {y}, column {x}" in proof.faults[0]
    assert any("layer over plate" in fault for fault in proof.faults)


def test_a_leak_under_the_matte_is_found_by_the_layer(tmp_path: Path) -> None:
    made = make(write_plate(tmp_path / "plate.mkv"), tmp_path, leak=(3, 0, BOX[0], BOX[1]))
    proof = prove(made.plate, made.composite, made.layer, BoxRegion(27, 33, BOX, range(8)))
    assert proof.alpha_zero.differing == 0
    assert proof.faults == ("layer over plate: frame 3 is not the stored layer over the plate",)


def test_a_matte_outside_the_region_fails(tmp_path: Path) -> None:
    made = make(write_plate(tmp_path / "plate.mkv"), tmp_path)
    small = BoxRegion(27, 33, (5, 6, 18, 14), range(8))
    proof = prove(made.plate, made.composite, made.layer, small)
    assert proof.alpha_zero.differing == 0 < proof.outside_region.differing
    assert proof.outside_region.first[0].frame == 2


def test_a_region_that_is_the_whole_frame_is_said_loudly(tmp_path: Path) -> None:
    made = make(write_plate(tmp_path / "plate.mkv"), tmp_path)
    proof = prove(made.plate, made.composite, made.layer, whole_frame(27, 33, range(2, 6)))
    assert proof.passed
    assert proof.whole_frame
    assert proof.permitted == 0.5


def test_varying_rate_and_sound(tmp_path: Path) -> None:
    times = [0, 40, 81, 200, 201, 300, 330, 400]
    made = make(write_plate(tmp_path / "plate.mkv", pts=times, audio=True), tmp_path)
    proof = prove(made.plate, made.composite, made.layer, BoxRegion(27, 33, BOX, range(8)))
    assert proof.passed, proof.faults
    assert [int(t) for t in made.composite.info.pts] == times


def test_wrong_times_fail(tmp_path: Path) -> None:
    plate = make(write_plate(tmp_path / "plate.mkv"), tmp_path).plate
    other = make(write_plate(tmp_path / "late.mkv", pts=[40 * n + 3 * (n == 5) for n in range(8)]), tmp_path)
    proof = prove(plate, other.composite, other.layer, BoxRegion(27, 33, BOX, range(8)))
    assert any("frame 5" in fault for fault in proof.faults)
    info = plate.info
    assert exact_times_check(info, info.time_base, info.pts.tolist(), info.end_pts).passed
    assert not exact_times_check(info, info.time_base, (info.pts + 1).tolist(), info.end_pts).passed
    assert not exact_times_check(info, Fraction(1, 999), info.pts.tolist(), info.end_pts).passed


def test_another_length_is_not_compared(tmp_path: Path) -> None:
    plate = make(write_plate(tmp_path / "plate.mkv"), tmp_path).plate
    short = make(write_plate(tmp_path / "short.mkv", frames=7), tmp_path)
    proof = prove(plate, short.composite, short.layer, whole_frame(27, 33, range(8)))
    assert not proof.passed
    assert proof.frames == 0
