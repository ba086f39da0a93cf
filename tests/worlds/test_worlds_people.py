"""People: readers of motion capture against an independent computation, and bodies that follow their bones.

`golden/motion/freebvh.bvh` is four frames of the example that BVH toolbox 0.1.3 (MIT) ships, written by another tool.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cleanplate.errors import InputError
from cleanplate.worlds.people.acts import ACTS, perform, turned
from cleanplate.worlds.people.body import Dress, joint_named, names_of, person
from cleanplate.worlds.people.bvh import read_bvh
from cleanplate.worlds.people.deepmimic import read_deepmimic
from cleanplate.worlds.people.skeleton import Motion

GOLDEN = Path(__file__).parents[1] / "golden" / "motion" / "freebvh.bvh"


def plain_positions(path: Path) -> dict[str, np.ndarray]:
    """Joint positions by 4 x 4 matrices and SciPy's Euler angles, read with regular expressions."""
    head, body = path.read_text().split("MOTION")
    lines = [line for line in body.splitlines() if line.strip()][2:]
    values = np.array([[float(v) for v in line.split()] for line in lines])
    stack: list[str] = []
    chain: dict[str, tuple[str, np.ndarray, int]] = {}
    column, name = 0, ""
    for line in head.splitlines():
        if found := re.match(r"\s*(?:ROOT|JOINT)\s+(\S+)", line):
            name = found[1]
        elif "End Site" in line:
            name = f"{stack[-1]} end"
        elif "{" in line:
            stack.append(name)
        elif "}" in line:
            stack.pop()
        elif "OFFSET" in line:
            chain[name] = (stack[-2] if len(stack) > 1 else "", np.array(line.split()[1:], float), -1)
        elif "CHANNELS" in line:
            parent, offset, _ = chain[name]
            chain[name] = (parent, offset, column)
            column += int(line.split()[1])
    worlds: dict[str, np.ndarray] = {}
    for joint, (parent, offset, first) in chain.items():
        local = np.tile(np.eye(4), (len(values), 1, 1))
        local[:, :3, 3] = values[:, :3] if not parent else offset
        if first >= 0:
            angles = values[:, first + 3 : first + 6] if not parent else values[:, first : first + 3]
            local[:, :3, :3] = Rotation.from_euler("ZYX", angles, degrees=True).as_matrix()
        worlds[joint] = worlds[parent] @ local if parent else local
    return {joint: world[:, :3, 3] for joint, world in worlds.items()}


def test_bvh_agrees_with_matrices_and_euler_angles() -> None:
    motion = read_bvh(GOLDEN)
    positions, _ = motion.world()
    expected = plain_positions(GOLDEN)
    assert set(expected) == set(motion.skeleton.names)
    assert motion.rate == pytest.approx(30, rel=1e-5)
    for joint, name in enumerate(motion.skeleton.names):
        np.testing.assert_allclose(positions[:, joint], expected[name], atol=1e-9 * 1e3)


def test_a_captured_person_stands_upright_at_the_asked_height() -> None:
    motion = read_bvh(GOLDEN).upright().sized(1.8)
    positions, _ = motion.world()
    assert positions[0, :, 2].min() == pytest.approx(0, abs=1e-9)
    assert np.ptp(positions[0, :, 2]) == pytest.approx(1.8)
    head, foot = (joint_named(motion.skeleton, word) for word in ("head", "foot"))
    assert positions[0, head, 2] > 1.3
    assert positions[0, foot, 2] < 0.3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6000), st.integers(0, 300), st.sampled_from(["", "nan", "}", "{", "1e999", "JOINT", "-3"]))
def test_a_damaged_file_is_refused_and_nothing_else_happens(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, instead: str
) -> None:
    text = GOLDEN.read_text()
    path = tmp_path_factory.mktemp("bvh") / "x.bvh"
    path.write_text(text[:start] + instead + text[start + length :])
    with suppress(InputError):
        assert np.isfinite(read_bvh(path).world()[0]).all()


def test_what_is_no_motion_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_bvh(tmp_path / "nothing.bvh")
    (tmp_path / "text.bvh").write_text("hello")
    with pytest.raises(InputError, match="no motion"):
        read_bvh(tmp_path / "text.bvh")
    (tmp_path / "x.txt").write_text('{"Frames": [[1, 2]]}')
    with pytest.raises(InputError, match="44"):
        read_deepmimic(tmp_path / "x.txt")
    (tmp_path / "x.txt").write_text("[")
    with pytest.raises(InputError, match="no motion file"):
        read_deepmimic(tmp_path / "x.txt")


@pytest.mark.parametrize("name", ["walk", "run", "kick", "dance_a"])
def test_pybullets_motions_keep_a_foot_on_the_floor(name: str) -> None:
    pybullet_data = pytest.importorskip("pybullet_data")
    path = Path(pybullet_data.getDataPath()) / "data" / "motions" / f"humanoid3d_{name}.txt"
    motion = read_deepmimic(path).upright()
    positions, _ = motion.world()
    assert len(motion) == len(json.loads(path.read_text())["Frames"])
    lowest = positions[:, :, 2].min(axis=1)
    assert lowest.min() > -0.12
    assert np.median(lowest) < 0.15
    head = joint_named(motion.skeleton, "head", "top")
    assert (positions[:, head, 2] > 1.0).all()


@pytest.mark.parametrize("act", ACTS)
def test_acts_by_rule_stand_on_the_floor_and_keep_their_bones(act: str) -> None:
    motion = perform(act, seconds=2, rate=24)
    positions, orientations = motion.world()
    assert len(motion) == 49
    assert -0.08 < positions[:, :, 2].min() < 0.12
    for joint, parent in enumerate(motion.skeleton.parents):
        if parent >= 0:
            lengths = np.linalg.norm(positions[:, joint] - positions[:, parent], axis=1)
            np.testing.assert_allclose(lengths, np.linalg.norm(motion.skeleton.offsets[joint]), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(orientations, axis=-1), 1)
    forwards = positions[-1, 0, 0] - positions[0, 0, 0]
    assert forwards > 0.5 if act in {"walk", "carry", "push"} else abs(forwards) < 1e-9


def test_resampling_hits_the_frames_that_are_there() -> None:
    motion = perform("walk", seconds=1, rate=24)
    finer = motion.resampled(48)
    assert len(finer) == 49
    np.testing.assert_allclose(finer.root[::2], motion.root, atol=1e-12)
    np.testing.assert_allclose(finer.world()[0][::2], motion.world()[0], atol=1e-9)
    assert len(motion.resampled(12)) == 13


def test_turning_and_placing_moves_the_whole_person() -> None:
    motion = perform("walk", seconds=1, rate=12)
    away = turned(motion, np.pi / 2, (1.0, 2.0))
    before, after = motion.world()[0], away.world()[0]
    np.testing.assert_allclose(after[..., 0], 1 - before[..., 1], atol=1e-12)
    np.testing.assert_allclose(after[..., 1], 2 + before[..., 0], atol=1e-12)


@pytest.mark.parametrize("motion", [perform("carry", seconds=1, rate=12), read_bvh(GOLDEN).upright().sized(1.75)])
def test_limbs_lie_along_their_bones(motion: Motion) -> None:
    bodies = person(motion, "anna", dress=Dress.sample(np.random.default_rng(0)))
    assert names_of(bodies, "anna") == tuple(body.name for body in bodies)
    assert not names_of(bodies, "ann")
    assert {body.mass for body in bodies} == {0}
    positions, _ = motion.world()
    for body in bodies:
        assert len(body.path) == len(motion)
        assert body.path[-1].time == pytest.approx((len(motion) - 1) / motion.rate)
        name = body.name.removeprefix("anna.")
        if name not in motion.skeleton.names:
            continue
        child = motion.skeleton.index(name)
        ends = positions[:, [motion.skeleton.parents[child], child]]
        middles = np.array([key.position for key in body.path])
        axes = Rotation.from_quat([key.orientation for key in body.path]).apply((0, 0, 1))
        np.testing.assert_allclose(middles, ends.mean(axis=1), atol=1e-9)
        bones = ends[:, 1] - ends[:, 0]
        np.testing.assert_allclose(axes, bones / np.linalg.norm(bones, axis=1, keepdims=True), atol=1e-7)
    heads = [body for body in bodies if body.name == "anna.head ball"]
    assert len(heads) == 1
    assert np.array(heads[0].path[0].position)[2] > positions[0, :, 2].max() - 0.25
