"""Blender: surfaces, the way back from its files, and, where it is set up, real pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from cleanplate.errors import ResourceError
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.blender import Blender, interpreter, read_view
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.scene import (
    Body,
    Box,
    Camera,
    Capsule,
    Cylinder,
    Material,
    Mesh,
    Pose,
    Role,
    Scene,
    Shape,
    Sphere,
    Texture,
)

SIZE = (72, 128)


def has_blender() -> bool:
    try:
        return interpreter().is_file()
    except ResourceError:
        return False


needs_blender = pytest.mark.skipif(not has_blender(), reason="Blender is not set up")


def scene() -> Scene:
    wood = Material(colour=(0.7, 0.55, 0.4), texture=Texture(name="wood", scale=0.5))
    return Scene(
        family="test",
        seed=1,
        frames=2,
        bodies=(
            Body(
                name="floor", role=Role.SET, shape=Box(half=(6, 6, 0.05)), position=(0, 0, -0.05), mass=0, material=wood
            ),
            Body(
                name="ball", shape=Sphere(radius=0.4), position=(0, 0, 0.4), material=Material(colour=(0.8, 0.1, 0.1))
            ),
        ),
        camera=Camera(poses=(Pose(time=0, eye=(0, -4, 1.2), target=(0, 0, 0.4)),)),
        remove=("ball",),
    )


def still(world: Scene, *names: str) -> Trajectories:
    bodies = [world.body(name) for name in names]
    positions = np.array([[body.position for body in bodies]] * world.frames)
    orientations = np.array([[body.orientation for body in bodies]] * world.frames)
    return Trajectories(tuple(names), positions, orientations, (frozenset(),) * world.frames)


def rendered(folder: Path, *names: str) -> list[View]:
    world = scene()
    renderer = Blender(samples=4, denoise=True, keep=folder)
    return list(renderer.render(world, still(world, *names), *SIZE))


@pytest.mark.parametrize(
    ("shape", "volume"),
    [
        (Box(half=(0.1, 0.2, 0.3)), 8 * 0.1 * 0.2 * 0.3),
        (Sphere(radius=0.5), 4 / 3 * np.pi * 0.5**3),
        (Cylinder(radius=0.3, height=0.8), np.pi * 0.3**2 * 0.8),
        (Capsule(radius=0.2, height=0.5), np.pi * 0.2**2 * 0.5 + 4 / 3 * np.pi * 0.2**3),
        (Mesh(asset="wedge", scale=(1, 2, 1)), 1.0),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_surfaces_are_closed_and_face_outwards(shape: Shape, volume: float) -> None:
    vertices, faces, _ = surface(shape)
    total = 0.0
    edges: dict[tuple[int, int], int] = {}
    for face in faces:
        for a, b, c in ((face[0], face[k], face[k + 1]) for k in range(1, len(face) - 1)):
            total += float(np.dot(vertices[a], np.cross(vertices[b], vertices[c]))) / 6
        for a, b in zip(face, [*face[1:], face[0]], strict=True):
            edges[a, b] = edges.get((a, b), 0) + 1
    assert total == pytest.approx(volume, rel=0.02)
    assert all(count == 1 and edges.get((b, a)) == 1 for (a, b), count in edges.items())


def test_without_blender_it_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLEANPLATE_BLENDER", str(tmp_path / "none"))
    with pytest.raises(ResourceError, match="setup-blender"):
        next(Blender().render(scene(), still(scene(), "floor"), *SIZE))
    assert not list(tmp_path.iterdir())


def test_mattes_are_read_by_their_hashes(tmp_path: Path) -> None:
    """A file laid out as Blender's, with two ranks: a pixel shared by ball (1/4) and floor (3/4)."""
    ids = {"ball|0": "92c85680", "ball|1": "12345678", "floor|0": "817033b9"}
    number = {name: np.array([int(value, 16)], np.uint32).view(np.float32)[0] for name, value in ids.items()}
    shape = (2, 3)
    ranks = {key: np.zeros(shape, np.float32) for key in "rgba"}
    ranks["r"][:], ranks["g"][:] = number["floor|0"], 0.75
    ranks["b"][:], ranks["a"][:] = number["ball|1"], 0.25
    ranks["r"][0, 0], ranks["g"][0, 0], ranks["a"][0, 0] = 0, 0, 0
    colour = {f"Combined.{c}": np.full(shape, v, np.float32) for c, v in zip("RGBA", (0.5, 0, 9, 1), strict=True)}
    layers = {
        "ViewLayer.Combined": colour,
        "ViewLayer.Depth": {"Depth.Z": np.where(np.indices(shape).sum(0) == 0, 1e10, 2).astype(np.float32)},
        "ViewLayer.CryptoObject00": {f"CryptoObject00.{k}": v for k, v in ranks.items()},
    }
    header = {"type": OpenEXR.scanlineimage, "cryptomatte/542cafa/manifest": json.dumps(ids)}
    parts = [
        OpenEXR.Part(
            header | {"name": name},
            {f"ViewLayer.{n}": OpenEXR.Channel(f"ViewLayer.{n}", v) for n, v in channels.items()},
        )
        for name, channels in layers.items()
    ]
    OpenEXR.File(parts).write(str(tmp_path / "x.exr"))
    view = read_view(tmp_path / "x.exr", ["floor", "ball"])
    np.testing.assert_allclose(view.coverage[:, 1, 1], [0.75, 0.25])
    assert view.instance[1, 1] == 0
    assert view.instance[0, 0] == -1
    assert np.isinf(view.depth[0, 0])
    assert view.depth[1, 1] == 2
    assert tuple(view.rgb[1, 1]) == (188, 0, 254), "sRGB of half the light; a shoulder for what is too bright"


@needs_blender
@pytest.mark.slow
def test_a_picture_agrees_with_the_pinhole_camera(tmp_path: Path) -> None:
    view = rendered(tmp_path, "floor", "ball")[0]
    height, width = SIZE
    shot = shot_at(scene(), 0)
    (centre,), (away,) = shot.project([(0, 0, 0.4)], height, width)
    y, x = np.nonzero(view.coverage[1] > 0.5)
    assert np.allclose((x.mean(), y.mean()), centre, atol=0.7)
    radius = height / 2 / shot.slope * 0.4 / np.sqrt(away**2 - 0.4**2)
    assert np.sqrt(view.coverage[1].sum() / np.pi) == pytest.approx(radius, rel=0.03)
    row, column = height - 4, 20
    ray = shot.rays(height, width)[row, column]
    assert view.depth[row, column] == pytest.approx(-shot.eye[2] / ray[2], rel=0.01), "the floor is a plane at z = 0"
    assert view.coverage.sum(axis=0).max() <= 1.001
    assert view.instance[int(centre[1]), int(centre[0])] == 1


@needs_blender
@pytest.mark.slow
def test_finished_frames_are_kept_and_missing_bodies_are_not_drawn(tmp_path: Path) -> None:
    first = rendered(tmp_path, "floor", "ball")
    files = sorted(tmp_path.glob("*.exr"))
    times = [file.stat().st_mtime_ns for file in files]
    files[1].unlink()
    again = rendered(tmp_path, "floor", "ball")
    assert files[0].stat().st_mtime_ns == times[0]
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a.rgb, b.rgb)
    without = rendered(tmp_path / "without", "floor")[0]
    assert not without.coverage[1].any()
    shadow = first[0].rgb.astype(int).sum(axis=2) - without.rgb.astype(int).sum(axis=2)
    assert (shadow[(first[0].coverage[1] == 0) & (first[0].coverage[0] == 1)] < -60).any()
