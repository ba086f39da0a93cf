"""People: readers of motion capture against an independent computation, and bodies that follow their bones.

`golden/motion/freebvh.bvh` is four frames of the example that BVH toolbox 0.1.3 (MIT) ships, written by another tool.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from cleanplate.errors import InputError
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.effects.skin import carried
from cleanplate.worlds.families import sample
from cleanplate.worlds.people.acts import ACTS, perform, turned
from cleanplate.worlds.people.body import Dress, names_of, person
from cleanplate.worlds.people.bvh import read_bvh
from cleanplate.worlds.people.deepmimic import read_deepmimic
from cleanplate.worlds.people.figure import ANKLE, BONES, HEIGHT, bones_at, bound, figure, height_of
from cleanplate.worlds.people.joints import roles
from cleanplate.worlds.people.retarget import fitted
from cleanplate.worlds.people.skeleton import Motion
from cleanplate.worlds.people.skin import build_of, piece_names, rest, skeleton_of
from cleanplate.worlds.scene import Build, Skin

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
    found = roles(motion.skeleton)
    assert positions[0, found["head"], 2] > 1.3
    assert positions[0, found["left foot"], 2] < 0.3


@settings(max_examples=60)
@example(start=3357, length=3, instead="1e999")
@given(st.integers(0, 6000), st.integers(0, 300), st.sampled_from(["", "nan", "}", "{", "1e999", "JOINT", "-3"]))
def test_a_damaged_file_is_refused_and_nothing_else_happens(
    tmp_path_factory: pytest.TempPathFactory, start: int, length: int, instead: str
) -> None:
    text = GOLDEN.read_text()
    path = tmp_path_factory.mktemp("bvh") / "x.bvh"
    path.write_text(text[:start] + instead + text[start + length :])
    with suppress(InputError):
        motion = read_bvh(path)
        assert np.isfinite(motion.world()[0]).all()
        assert 0 < motion.rate < np.inf


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
    assert (positions[:, roles(motion.skeleton)["head"], 2] > 1.0).all()


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("height", [1.5, 1.95])
def test_acts_keep_their_bones_and_those_feet_that_stand(act: str, height: float) -> None:
    skeleton = figure(height)
    motion = perform(act, seconds=3, rate=24, skeleton=skeleton)
    positions, orientations = motion.world()
    assert len(motion) == 73
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            lengths = np.linalg.norm(positions[:, joint] - positions[:, parent], axis=1)
            np.testing.assert_allclose(lengths, np.linalg.norm(skeleton.offsets[joint]), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(orientations, axis=-1), 1)
    forwards = positions[-1, 0, 0] - positions[0, 0, 0]
    assert forwards > 2 if act == "walk" else abs(forwards) < 0.1
    standing = 0
    for side in ("left", "right"):
        sole = soles(motion, side)
        assert sole[..., 2].min() > -0.005
        # Two frames on end on the floor: what touches it there does not slide.
        for point in (0, 1):
            down = (sole[1:, point, 2] < 0.004) & (sole[:-1, point, 2] < 0.004)
            slides = np.linalg.norm(np.diff(sole[:, point, :2], axis=0), axis=1)
            assert slides[down].max(initial=0) < 0.02
            standing += int(down.sum())
    assert standing > 60


def soles(motion: Motion, side: str) -> np.ndarray:
    """T x 2 x 3: heel and ball of a shoe."""
    positions, orientations = motion.world()
    foot, scale = motion.skeleton.index(f"{side} foot"), height_of(motion.skeleton) / HEIGHT
    turn = Rotation.from_quat(orientations[:, foot])
    points = [turn.apply(np.array([x, 0, -ANKLE]) * scale) for x in (-0.6 * ANKLE, 0.15)]
    return np.asarray(positions[:, foot][:, None] + np.stack(points, axis=1))


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


def captured() -> Motion:
    """A motion of another tool's skeleton, on our figure."""
    return fitted(read_bvh(GOLDEN).upright())


@pytest.mark.parametrize("motion", [perform("walk", seconds=1, rate=12), captured()])
def test_a_person_is_bones_that_move_and_pieces_that_hang_on_them(motion: Motion) -> None:
    build = build_of(motion.skeleton)
    bodies = person(motion, "anna", build=build, dress=Dress.sample(np.random.default_rng(0)), solid=["left hand"])
    assert names_of(bodies, "anna") == tuple(body.name for body in bodies)
    assert not names_of(bodies, "ann")
    assert {body.mass for body in bodies} == {0}
    assert [body.name for body in bodies if body.solid] == ["anna.left hand"]
    positions, orientations = bones_at(motion)
    for number, bone in enumerate(BONES):
        path = next(body.path for body in bodies if body.name == f"anna.{bone}")
        np.testing.assert_array_equal([key.position for key in path], positions[:, number])
        np.testing.assert_array_equal([key.orientation for key in path], orientations[:, number])
        assert path[-1].time == pytest.approx((len(motion) - 1) / motion.rate)
    pieces = [body for body in bodies if body.drawn]
    assert {body.shape.piece for body in pieces if isinstance(body.shape, Skin)} == set(piece_names(build))


def test_another_tools_joints_go_where_they_went() -> None:
    source, ours = read_bvh(GOLDEN).upright(), captured()
    before, after = source.world()[0], ours.world()[0]
    names = [f"{side} {joint}" for side in ("left", "right") for joint in ("upleg", "leg", "foot", "forearm", "hand")]
    found = roles(source.skeleton)
    a = before[:, [found[name] for name in names]] - before[:1, :1]
    b = after[:, [ours.skeleton.index(name) for name in names]] - after[:1, :1]
    scale = np.linalg.norm(b[0, 0] - b[0, 1]) / np.linalg.norm(a[0, 0] - a[0, 1])
    # Collar bones stretch by a centimetre in this file; our bones do not.
    assert np.linalg.norm(a * scale - b, axis=-1).max() < 0.015
    assert soles(ours, "left")[..., 2].min() > -0.005


def test_a_skeleton_without_hands_or_legs_is_named(tmp_path: Path) -> None:
    motion = read_bvh(GOLDEN).upright()
    for word, said in (("RightHand", "no right hand"), ("LeftUpLeg", "no left upleg"), ("Neck", "no neck")):
        names = tuple(re.sub(f"{word}.*", "stick", name) for name in motion.skeleton.names)
        changed = Motion(replace(motion.skeleton, names=names), motion.rate, motion.root, motion.turns)
        with pytest.raises(InputError, match=said):
            fitted(changed, where="x.bvh")


BUILDS = (Build(), Build(height=1.5, girth=0.88, hair="long", sleeves=1.0), Build(height=1.95, girth=1.25, shorts=True))


@pytest.mark.parametrize("build", BUILDS)
def test_skin_is_closed_hangs_on_near_bones_and_measures_what_it_should(build: Build) -> None:
    triangles, low, high = 0, np.inf, -np.inf
    for piece in piece_names(build):
        made = rest(Skin.model_validate({"person": "anna", "piece": piece, "build": build}))
        triangles += len(made.faces)
        np.testing.assert_allclose(made.weights.sum(axis=1), 1)
        assert made.weights.min() >= 0
        directed = np.concatenate([made.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        # Every edge is passed as often one way as the other: no hole, no face turned inside out.
        forwards, backwards = (np.unique(pairs, axis=0, return_counts=True) for pairs in (directed, directed[:, ::-1]))
        np.testing.assert_array_equal(forwards[0], backwards[0])
        np.testing.assert_array_equal(forwards[1], backwards[1])
        corners = made.vertices[made.faces]
        assert np.linalg.det(corners).sum() / 6 > 0
        low, high = min(low, made.vertices[:, 2].min()), max(high, made.vertices[:, 2].max())
    assert 3000 < triangles < 10000
    assert high - low == pytest.approx(build.height, rel=0.04)


def test_skin_follows_its_bones_as_if_it_were_part_of_them() -> None:
    motion = turned(perform("walk", seconds=1, rate=12), 2.0, (3.0, -1.0))
    made = rest(Skin(person="anna", piece="hair"))
    positions, orientations = bones_at(motion)
    moved = carried(made, positions, orientations)
    head = BONES.index("head")
    for frame in range(len(motion)):
        turn = Rotation.from_quat(orientations[frame, head]) * Rotation.from_quat(made.orientations[head]).inv()
        expected = turn.apply(made.vertices - made.positions[head]) + positions[frame, head]
        np.testing.assert_allclose(moved[frame], expected, atol=1e-9)


def test_skin_of_a_bent_elbow_stays_between_both_bones() -> None:
    """Half way between two rotations no vertex leaves the ball around the joint on which it was."""
    made = rest(Skin(person="anna", piece="skin"))
    motion = bound(skeleton_of(Build()))
    elbow = BONES.index("left forearm")
    turns = np.tile(motion.turns, (2, 1, 1))
    turns[1, motion.skeleton.index("left forearm")] = Rotation.from_euler("y", -120, degrees=True).as_quat()
    bent = Motion(motion.skeleton, 1.0, np.zeros((2, 3)), turns)
    positions, orientations = bones_at(bent)
    moved = carried(made, positions, orientations)
    np.testing.assert_allclose(moved[0], made.vertices, atol=1e-9)
    near = made.weights[:, elbow] + made.weights[:, BONES.index("left arm")] > 0.999
    before, after = (np.linalg.norm(moved[n, near] - positions[0, elbow], axis=1) for n in (0, 1))
    np.testing.assert_allclose(before, after, atol=1e-9)


def test_the_person_goes_as_a_whole_and_comes_with_a_surface() -> None:
    scene = sample("person-passes", 1)
    both = counterfactual(scene)
    gone = {body.name for body in scene.bodies} - set(both.altered.names)
    assert gone == set(scene.remove)
    assert set(both.original.deforming) == {body.name for body in scene.bodies if isinstance(body.shape, Skin)}
    assert not both.altered.deforming
    surface = next(iter(both.original.deforming.values()))
    assert len(surface.vertices) == scene.frames
    assert not np.array_equal(surface.vertices[0], surface.vertices[-1])


@pytest.mark.parametrize("name", ["person-holds", "person-carries"])
def test_what_is_held_rests_in_the_hand(name: str) -> None:
    for seed in range(3):
        scene = sample(name, seed)
        ways = counterfactual(scene).original
        (joint,) = scene.constraints
        hand, thing = ways.index(joint.b), ways.index(joint.a)
        turn = Rotation.from_quat(ways.orientations[:, hand]).inv()
        place = turn.apply(ways.positions[:, thing] - ways.positions[:, hand])
        assert np.linalg.norm(place - place[0], axis=1).max() < 0.004
        tilt = (turn * Rotation.from_quat(ways.orientations[:, thing])) * (
            turn[0] * Rotation.from_quat(ways.orientations[0, thing])
        ).inv()
        assert np.degrees(tilt.magnitude()).max() < 1
