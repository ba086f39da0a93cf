"""Scenes to Kubric and back: its conventions, its files, its API as published, and the whole way on a stand-in."""

from __future__ import annotations

import ast
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pybullet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubric_stand_in import SIGNATURES, Layers, install, write_png
from kubric_stand_in import Scene as KubricScene
from scenes import FLOOR, parlour, scene_of, thing
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError
from cleanplate.masks.labels import affected, changed, removed
from cleanplate.worlds import quaternion
from cleanplate.worlds.bullet import simulate_rigid
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.formats.void_layout import scan
from cleanplate.worlds.inertia import inertia, parts
from cleanplate.worlds.kubric.assets import write_body
from cleanplate.worlds.kubric.convert import SENSOR, camera_pose, centred, focal_length, uncentred, wxyz, xyzw
from cleanplate.worlds.kubric.export import WORKER, export, exportable, key_of, simulated_there
from cleanplate.worlds.kubric.importing import NOT_RENDERED, ImportJob, jobs_of
from cleanplate.worlds.kubric.outputs import World, png
from cleanplate.worlds.pairs import PairJob
from cleanplate.worlds.produce import produce
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Body, Box, Cylinder, Part, Scene, Sphere
from cleanplate.worlds.validate import validate

SIZE = (64, 112)
LOPSIDED = Body(
    name="hammer",
    shape=Box(half=(0.1, 0.2, 0.3)),
    parts=(Part(shape=Sphere(radius=0.15), position=(0.3, 0.1, 0.2)),),
    mass=2.0,
)

turns = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1)


def stacked(**changes: object) -> Scene:
    """A ball on a crate: without the crate it falls."""
    plain = scene_of(
        FLOOR,
        thing("crate", Box(half=(0.3, 0.3, 0.3)), 0, 0, 0.3, mass=2.0),
        thing("ball", Sphere(radius=0.2), 0.05, 0, 0.8, mass=0.5, parts=(Part(shape=Sphere(radius=0.1)),)),
        frames=7,
        steps=80,
        rate=12.0,
        remove=("crate",),
    )
    return plain.model_copy(update=changes)


@settings(max_examples=30)
@given(turns, st.tuples(*[st.floats(-3, 3)] * 3))
def test_poses_go_there_and_back(turn: tuple[float, ...], place: tuple[float, ...]) -> None:
    unit = np.array(turn) / np.linalg.norm(turn)
    there, turned = centred(LOPSIDED, place, unit)
    back, again = uncentred(LOPSIDED, there, turned)
    assert back == pytest.approx(np.array(place), abs=1e-9)
    assert abs(again @ unit) == pytest.approx(1, abs=1e-9)
    middle = np.array(place) + quaternion.rotate(unit, inertia(LOPSIDED).centre)
    assert there == pytest.approx(middle, abs=1e-9)


def test_kubrics_quaternions_begin_with_w() -> None:
    assert wxyz([0.1, 0.2, 0.3, 0.9]).tolist() == [0.9, 0.1, 0.2, 0.3]
    assert xyzw(wxyz([0.1, 0.2, 0.3, 0.9])).tolist() == [0.1, 0.2, 0.3, 0.9]


@pytest.mark.parametrize("family", ["struck", "tower", "collide", "top"])
def test_kubrics_camera_sees_the_same(family: str) -> None:
    """Its published projection: x right, y up, looking along -z, focal length over sensor width; 0..1 from top left."""
    scene = sample(family, 3)
    height, width = SIZE
    for frame in (0, 11, 23):
        shot = shot_at(scene, frame)
        place, (w, x, y, z) = camera_pose(shot)
        turn = quaternion.matrix([x, y, z, w])
        points = np.random.default_rng(frame).uniform(-0.4, 0.4, (20, 3)) + shot.eye + 4 * shot.axes[2]
        seen = (points - place) @ turn
        assert (seen[:, 2] < 0).all()
        share = focal_length(shot, height, width) / SENSOR
        u = 0.5 + share * seen[:, 0] / -seen[:, 2]
        v = 0.5 - share * width / height * seen[:, 1] / -seen[:, 2]
        pixels, _ = shot.project(points, height, width)
        assert np.allclose(np.stack([u * width - 0.5, v * height - 0.5], axis=1), pixels, atol=1e-6)


def bodies() -> list[Body]:
    return [body for body in parlour().bodies if body.name != "floor"] + [LOPSIDED]


@pytest.mark.parametrize("body", bodies(), ids=lambda body: body.name)
def test_pybullet_loads_what_is_written(body: Body, tmp_path: Path) -> None:
    """Its box around the loaded body is that around the OBJ's corners; mass, moments and origin are ours."""
    write_body(body, tmp_path / "thing")
    client = pybullet.connect(pybullet.DIRECT)
    try:
        flags = pybullet.URDF_USE_INERTIA_FROM_FILE
        number = pybullet.loadURDF(str(tmp_path / "thing.urdf"), flags=flags, physicsClientId=client)
        low, high = (np.array(side) for side in pybullet.getAABB(number, physicsClientId=client))
        facts = pybullet.getDynamicsInfo(number, -1, physicsClientId=client)
    finally:
        pybullet.disconnect(physicsClientId=client)
    corners = _floats(tmp_path / "thing.obj", "v")
    # Bullet widens its boxes by margins; those around slanted cylinders and capsules are loose.
    slack = 0.03 + (0.1 if len(parts(body)) > 1 else 0.0)
    assert (corners.min(axis=0) >= low - 1e-6).all()
    assert (corners.max(axis=0) <= high + 1e-6).all()
    assert (corners.min(axis=0) <= low + slack).all()
    assert (corners.max(axis=0) >= high - slack).all()
    assert facts[0] == pytest.approx(body.mass)
    assert facts[2] == pytest.approx(body.mass * np.array(inertia(body).moments), rel=1e-6)
    assert facts[3] == pytest.approx((0, 0, 0))


@pytest.mark.parametrize("body", bodies(), ids=lambda body: body.name)
def test_the_obj_is_whole(body: Body, tmp_path: Path) -> None:
    """One object of closed parts, whose faces name corners, texture places and materials that are there."""
    write_body(body, tmp_path / "thing")
    lines = (tmp_path / "thing.obj").read_text().splitlines()
    corners, texels = _floats(tmp_path / "thing.obj", "v"), _floats(tmp_path / "thing.obj", "vt")
    words = [line.split()[1:] for line in lines if line.startswith("f ")]
    faces = np.array([[[int(n) for n in word.split("/")] for word in face] for face in words]) - 1
    assert faces.min() == 0
    assert faces[..., 0].max() == len(corners) - 1
    assert faces[..., 1].max() == len(texels) - 1
    edges = {(int(face[k, 0]), int(face[(k + 1) % 3, 0])) for face in faces for k in range(3)}
    assert edges == {(b, a) for a, b in edges}, "every edge is met from both sides: nothing is open"
    known = [line.split()[1] for line in (tmp_path / "thing.mtl").read_text().splitlines() if line.startswith("newmtl")]
    assert {line.split()[1] for line in lines if line.startswith("usemtl")} == set(known)
    assert sum(line.startswith("o ") for line in lines) == 1
    for line in (tmp_path / "thing.mtl").read_text().splitlines():
        if line.startswith("map_Kd"):
            assert png(tmp_path / line.split()[1]).shape == (512, 512, 3)


def test_textures_are_not_torn_at_the_seam(tmp_path: Path) -> None:
    """On a striped pill no triangle spans more of the texture than it does in space, however it lies to the seam."""
    pill = next(body for body in bodies() if body.name == "pill")
    write_body(pill, tmp_path / "pill")
    texels = _floats(tmp_path / "pill.obj", "vt").reshape(-1, 3, 2)
    widths = np.ptp(texels[..., 0], axis=1)
    turn = 2 * np.pi * 0.15 / 0.25
    assert np.median(widths) == pytest.approx(round(turn) / 48, rel=0.02)
    assert widths.max() < 0.6 * turn


def _floats(path: Path, kind: str) -> Any:
    rows = [line.split()[1:] for line in path.read_text().splitlines() if line.startswith(kind + " ")]
    return np.array(rows, np.float64)


def test_the_worker_is_python_of_kubrics_container_and_uses_its_api_as_published() -> None:
    """Blender 2.93 brings Python 3.9."""
    tree = ast.parse(WORKER.read_text(), feature_version=(3, 9))
    used = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = _called(call)
        if name in SIGNATURES:
            used.add(name)
            assert {word.arg for word in call.keywords} <= SIGNATURES[name], name
            assert len(call.args) + len(call.keywords) <= len(SIGNATURES[name])
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            assert call.func.value.id != "kb", f"{name} is not in the table"
    assert used == set(SIGNATURES)
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(module and module.startswith("cleanplate") for module in modules)


def _called(call: ast.Call) -> str:
    owners = {"simulator": "PyBullet.", "renderer": "Blender.", "kb": ""}
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return owners.get(call.func.value.id, "?") + call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def worker_at(folder: Path) -> ModuleType:
    """The worker as it lies beside the exported scenes."""
    spec = importlib.util.spec_from_file_location("worker_under_test", folder / WORKER.name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_tiny(scene: Scene) -> Callable[[KubricScene], Layers]:
    """Draws what the keyframes say, in Kubric's layers, with `tiny`."""

    def draw(seen: KubricScene) -> Layers:
        felt: list[Any] = [asset for asset in seen.assets if asset.kind == "FileBasedObject"]
        names = [scene.bodies[asset.segmentation_id - 1].name for asset in felt]
        ways = [
            uncentred(
                scene.body(name), asset.get_values_over_time("position"), asset.get_values_over_time("quaternion")
            )
            for name, asset in zip(names, felt, strict=True)
        ]
        there = Trajectories(
            tuple(names),
            np.stack([place for place, _ in ways], axis=1),
            np.stack([turn for _, turn in ways], axis=1),
            (frozenset(),) * scene.frames,
        )
        table = np.zeros(len(scene.bodies) + 1, int)
        for place, asset in enumerate(seen.assets, 1):
            if asset.kind == "FileBasedObject":
                table[asset.__dict__["segmentation_id"]] = place
        layers: dict[str, list[Any]] = {name: [] for name in ("rgba", "depth", "forward_flow", "segmentation")}
        for frame, view in enumerate(Tiny().render(scene, there, *SIZE)):
            longer = np.linalg.norm(shot_at(scene, frame).rays(*SIZE), axis=-1)
            distance = np.where(np.isfinite(view.depth), view.depth * longer, 1e10)
            layers["rgba"].append(np.concatenate([view.rgb, np.full((*SIZE, 1), 255, np.uint8)], axis=-1))
            layers["depth"].append(distance[..., None].astype(np.float32))
            rows, columns = np.indices(SIZE)
            layers["forward_flow"].append(np.stack([rows / 10 - 3, columns / 20], axis=-1).astype(np.float32))
            layers["segmentation"].append(table[view.instance + 1][..., None])
        return {name: np.stack(some) for name, some in layers.items()}

    return draw


def rendered(scene: Scene, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Exports the scene and lets the worker run in the stand-in."""
    (key,) = export([scene], 1, folder, look=(*SIZE, 4))
    install(monkeypatch, by_tiny(scene))
    worker = worker_at(folder)
    for world in ("original", "altered"):
        worker.main([key, world])
    return key


def test_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubric's simulator (PyBullet on our URDFs) moves things as ours does, and the pair is the one we make."""
    scene = stacked()
    assert simulated_there(scene)
    key = rendered(scene, tmp_path, monkeypatch)
    found = World(tmp_path / "out" / key / "original").trajectories(scene)
    assert np.abs(found.positions - simulate_rigid(scene).positions).max() < 0.01
    (job,) = jobs_of(tmp_path, tmp_path / "data", extras=True)
    assert produce([job]).made == 1
    assert produce([job]).kept == 1
    produce([PairJob(scene, tmp_path / "ours", *SIZE)])
    assert validate(tmp_path / "data").valid
    (theirs,), (ours,) = scan(tmp_path / "data"), scan(tmp_path / "ours")
    known = theirs.metadata()
    assert known is not None
    assert [one.name for one in known.changed] == ["ball"]
    for number, (a, b) in enumerate(zip(theirs.frames(), ours.frames(), strict=True)):
        assert np.abs(a.rgb_full.astype(int) - b.rgb_full).mean() < 1.0
        overlap = (changed(a.mask) & changed(b.mask)).sum() / (changed(a.mask) | changed(b.mask)).sum()
        assert overlap > 0.85, number
        assert (removed(a.mask) & removed(b.mask)).sum() / removed(b.mask).sum() > 0.8
        assert a.depth is not None
        assert a.flow is not None
        if number + 1 < scene.frames:
            rows, columns = np.indices(SIZE)
            assert np.allclose(a.flow, np.stack([columns / 20, rows / 10 - 3], axis=-1), atol=0.02)
        else:
            assert np.isnan(a.flow).all()
    exact = next(iter(Tiny().render(scene, counterfactual(scene).original, *SIZE))).depth
    read = next(iter(theirs.frames())).depth
    assert read is not None
    assert np.array_equal(np.isfinite(read), np.isfinite(exact))
    assert np.abs(read[np.isfinite(exact)] - exact[np.isfinite(exact)]).max() < 0.0015
    assert affected(next(iter(theirs.frames())).mask).any()


def test_what_kubric_cannot_simulate_goes_our_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joints, paths and particles: the bodies follow our keyframes."""
    scene = sample("held", 1).model_copy(update={"frames": 5})
    assert not simulated_there(scene)
    key = rendered(scene, tmp_path, monkeypatch)
    found = World(tmp_path / "out" / key / "original").trajectories(scene)
    expected = simulate_rigid(scene)
    assert found.names == expected.names
    assert np.abs(found.positions - expected.positions).max() < 1e-5
    assert np.abs(np.abs((found.orientations * expected.orientations).sum(-1)) - 1).max() < 1e-5
    assert produce(jobs_of(tmp_path, tmp_path / "data")).made == 1


def test_numbers_in_a_palette_are_read_as_numbers(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).integers(0, 7, (5, 9, 1)).astype(np.uint8)
    write_png(numbers, str(tmp_path / "a.png"), palette=bytes(range(21)))
    assert np.array_equal(png(tmp_path / "a.png"), numbers[..., 0])
    wide = np.random.default_rng(0).integers(0, 65535, (5, 9, 1)).astype(np.uint16)
    write_png(wide, str(tmp_path / "b.png"))
    assert np.array_equal(png(tmp_path / "b.png"), wide[..., 0])


def test_bad_input_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no exported scenes lie here"):
        jobs_of(tmp_path, tmp_path / "data")
    with pytest.raises(InputError, match="whole frames a second"):
        export([stacked(rate=12.5)], 1, tmp_path / "half", look=(*SIZE, 4))
    assert not list((tmp_path / "half" / "scenes").iterdir())
    with pytest.raises(InputError, match="none of these scenes"):
        export([stacked(remove=("ball",))], 1, tmp_path / "idle", look=(*SIZE, 4))
    scene = stacked()
    key = rendered(scene, tmp_path, monkeypatch)
    folder = tmp_path / "out" / key / "altered"
    shot = shot_at(scene, 0)
    for name, said in (
        ("rgba_00000.png", "PNG cannot be read"),
        ("depth_00000.tiff", "32-bit floats"),
        ("segmentation_00000.png", "PNG cannot be read"),
    ):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 8])
        with pytest.raises(InputError, match=said):
            World(folder).view(scene, 0, shot)
        (folder / name).write_bytes(whole)
    (folder / "data_ranges.json").write_text("{}")
    with pytest.raises(InputError, match="no range of forward_flow"):
        World(folder).flow(0)
    with pytest.raises(InputError, match="no poses"):
        World(folder).trajectories(stacked(frames=9))
    (folder / "metadata.json").write_text("[]")
    with pytest.raises(InputError, match="no JSON file of Kubric's"):
        World(folder).trajectories(scene)
    (folder / "metadata.json").unlink()
    assert ImportJob(tmp_path, key, tmp_path / "data").make().skipped == NOT_RENDERED


def test_only_rigid_things_can_go() -> None:
    assert exportable(sample("crash", 0))
    assert not simulated_there(sample("crash", 0))
    tall = stacked(bodies=(*stacked().bodies, thing("post", Cylinder(radius=0.1, height=1), 2, 2, 0.5)))
    assert exportable(tall)


def test_the_commands(tmp_path: Path) -> None:
    asked = ["worlds", "kubric-export", "struck", "tower", "--out", str(tmp_path / "k"), "--count", "2"]
    run = CliRunner().invoke(app, [*asked, "--size", "112x64", "--length", "4", "--json"])
    assert run.exit_code == 0, run.output
    keys = json.loads(run.stdout)["scenes"]
    assert len(keys) == 2
    assert (tmp_path / "k" / WORKER.name).read_text() == WORKER.read_text()
    assert keys == [key_of(sample("struck", 0)), key_of(sample("tower", 1))]
    job = json.loads((tmp_path / "k" / "scenes" / keys[0] / "job.json").read_text())
    assert (job["resolution"], job["frames"]) == ([112, 64], 4)
    assert job["step_rate"] == 12 * sample("struck", 0).steps
    run = CliRunner().invoke(app, ["worlds", "kubric-import", str(tmp_path / "k"), "--out", str(tmp_path / "d")])
    assert run.exit_code == 0, run.output
    assert "2 skipped: not rendered yet" in run.output
