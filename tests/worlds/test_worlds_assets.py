"""A folder of the user's own assets: what is found in it, what scenes make of it, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from asset_samples import write_all, write_box, write_kubric, write_picture, write_scanned, write_sky
from numpy.typing import NDArray
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError
from cleanplate.worlds.asset_names import map_of, noun_of, surface_of
from cleanplate.worlds.assets import maps_beside, scan
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.families.owned import Furnishings, furnished
from cleanplate.worlds.hull import hull
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.mesh_files import felt_mesh, load_mesh, seen_mesh
from cleanplate.worlds.pairs import PairJob
from cleanplate.worlds.picture_files import picture_size
from cleanplate.worlds.pinned import require_same
from cleanplate.worlds.protocols import View
from cleanplate.worlds.render.backdrop import Backdrop
from cleanplate.worlds.render.blender import Blender, interpreter
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Body, Camera, Light, Material, Mesh, Pose, Scene, Texture
from cleanplate.worlds.simulation import simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="module")
def furnishings(folder: Path) -> Furnishings:
    return furnished(scan(folder))


def test_every_layout_is_found_and_told_apart(folder: Path) -> None:
    found = scan(folder).training
    assert [(mesh.noun, mesh.up, mesh.texture, mesh.mass, mesh.friction) for mesh in found.meshes] == [
        ("ace coffee box", "z", "Ace_Coffee_Box_nQ0LPNF1oMw/materials/textures/texture.png", None, None),
        ("kubric box", "z", "", 2.0, 0.7),
        ("paper box", "y", "Paper_Box.png", None, None),
    ]
    assert found.textures == ("textures/box_planks_diff_1k.png",)
    assert found.skies == ("hdris/box_meadow_1k.hdr",)
    assert maps_beside(found.textures[0], folder) == {"roughness": "textures/box_planks_rough_1k.png"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("planks_diff_2k.jpg", ("planks", "colour")),
        ("planks_nor_gl_2k.exr", ("planks", "normal")),
        ("Wood051_1K-JPG_Color.jpg", ("Wood051", "colour")),
        ("Wood051_1K-JPG_NormalGL.jpg", ("Wood051", "normal")),
        ("Wood051_1K-JPG_NormalDX.jpg", ("Wood051", "")),
        ("Metal032_4K_Metalness.png", ("Metal032", "metallic")),
        ("rock.Base_Color.png", ("rock", "colour")),
        ("meadow_4k.hdr", None),
        ("color.png", None),
    ],
)
def test_maps_are_told_by_the_names_that_libraries_give_them(name: str, told: tuple[str, str] | None) -> None:
    assert map_of(name) == told


def test_nouns_are_words() -> None:
    assert noun_of("Threshold_Porcelain_Teapot_White") == "threshold porcelain teapot white"
    assert noun_of("Chelsea_lo_fl_rdheel_nQ0LPNF1oMw") == "chelsea rdheel"
    assert noun_of("ToyTruck_003_lowpoly") == "toy truck"
    assert noun_of("0001") == "thing"
    assert surface_of("textures/oak_planks_diff_2k.jpg") == "oak planks"


def test_training_and_held_out_scenes_share_no_asset(furnishings: Furnishings) -> None:
    used = {
        family: {file.path for seed in range(12) for file in sample(family, seed, furnishings=furnishings).assets}
        for family in ("bystander", "carried")
    }
    assert used["bystander"]
    assert used["carried"]
    assert not any(name.startswith("held-out/") for name in used["bystander"])
    assert all(name.startswith("held-out/") for name in used["carried"])


def test_about_half_of_the_things_are_the_users(furnishings: Furnishings) -> None:
    rng = np.random.default_rng(0)
    made = [furnishings.training.thing(rng, (0.2, 0.4)) for _ in range(400)]
    assert 150 < sum(isinstance(thing.shape, Mesh) and thing.shape.up is not None for thing in made) < 250


def test_without_assets_scenes_are_what_they_were() -> None:
    plain = sample("bystander", 3)
    assert plain.assets == ()
    assert sample("bystander", 3, furnishings=Furnishings()).digest == plain.digest


def test_a_scene_is_bound_to_the_content_of_its_files(tmp_path: Path) -> None:
    first, second = (write_all(tmp_path / name) for name in ("here", "there"))
    scenes = [sample("bystander", 5, furnishings=furnished(scan(place))) for place in (first, second)]
    assert scenes[0].assets
    assert scenes[0] == scenes[1]
    assert str(tmp_path) not in scenes[0].model_dump_json()
    require_same(scenes[0], second)
    changed = next(file.path for file in scenes[0].assets if file.path.endswith((".png", ".obj", ".hdr")))
    with (second / changed).open("ab") as file:
        file.write(b"\n")
    again = sample("bystander", 5, furnishings=furnished(scan(second)))
    assert again.digest != scenes[0].digest
    job = PairJob(scenes[0], tmp_path / "out", 32, 48, assets=second)
    with pytest.raises(InputError, match="not the one"):
        job.make()
    (second / changed).unlink()
    with pytest.raises(InputError, match=f"{Path(changed).name}: the asset is missing"):
        job.make()
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("*.mkv"))


def test_things_stand_on_their_foot_around_their_middle(tmp_path: Path) -> None:
    write_kubric(tmp_path / "tall", (0.2, 0.3, 0.6))
    shape = Mesh(asset="tall/visual_geometry.obj", scale=(0.4, 0.6, 1.2), up="z")
    for mesh in (seen_mesh(shape, tmp_path), felt_mesh(shape, tmp_path)):
        assert mesh.vertices.min(axis=0) == pytest.approx([-0.2, -0.3, -0.6], abs=1e-9)
        assert mesh.vertices.max(axis=0) == pytest.approx([0.2, 0.3, 0.6], abs=1e-9)
    own = inertia(Body(name="a", shape=shape), tmp_path)
    assert own.volume == pytest.approx(0.4 * 0.6 * 1.2)
    assert own.centre == pytest.approx((0, 0, 0), abs=1e-9)


def test_y_is_up_in_plain_files(tmp_path: Path) -> None:
    write_box(tmp_path / "pole.obj", (0.1, 0.5, 0.2))
    found = furnished(scan(tmp_path)).training.owned
    assert found is not None
    thing = (*found.flat, *found.pointed)[0](np.random.default_rng(0), 1.0)
    assert thing.height == pytest.approx(1.0)
    assert thing.radius == pytest.approx(np.hypot(0.2, 0.4) / 2)


@pytest.mark.parametrize("family", ["cushion", "splash", "pile", "person-holds"])
def test_families_that_look_at_shapes_take_meshes(furnishings: Furnishings, folder: Path, family: str) -> None:
    scenes = (sample(family, seed, furnishings=furnishings) for seed in range(40))
    scene = next(s for s in scenes if any(isinstance(b.shape, Mesh) and b.shape.up for b in s.bodies))
    worlds = counterfactual(scene.model_copy(update={"frames": 12}), assets=folder)
    assert np.isfinite(worlds.original.positions).all()


def test_what_falls_over_is_left_out_and_counted(tmp_path: Path) -> None:
    write_box(tmp_path / "crate.obj")
    (tmp_path / "top.obj").write_text("v 0 -1 0\nv 1 1 0\nv -1 1 1\nv -1 1 -1\nf 1 2 3\nf 1 3 4\nf 1 4 2\nf 2 4 3\n")
    made = furnished(scan(tmp_path))
    assert made.fallen == ("top.obj",)
    assert made.training.owned is not None
    assert len(made.training.owned.flat) == 1


def test_the_hull_of_points_in_a_ball_is_convex_closed_and_nearly_as_large() -> None:
    points = np.random.default_rng(2).normal(size=(4000, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    mesh = hull(points)
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    assert ((mesh.vertices @ normals.T - np.einsum("fc,fc->f", normals, corners[:, 0])) < 1e-5).all()
    edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    volume = np.linalg.det(corners).sum() / 6
    assert 0.96 * 4 / 3 * np.pi < volume < 4 / 3 * np.pi
    with pytest.raises(ValueError, match="plane"):
        hull(np.eye(3))


def quarters() -> NDArray[np.uint8]:
    """Red, green; blue, white, as a picture shows them (RGB)."""
    rows = [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (255, 255, 255)]]
    return np.array(rows, np.uint8).repeat(32, axis=0).repeat(32, axis=1)


def faced(folder: Path) -> Scene:
    """A box before the camera: the side towards it shows its picture upright, its first corner at the lower left."""
    write_box(folder / "box.obj")
    cv2.imwrite(str(folder / "box.png"), quarters()[..., ::-1])
    look = Material(texture=Texture(name="box.png", mapped=True, scale=1.0), roughness=1.0)
    # Side (0, 4, 5, 1) of the file faces -y; seen from there its corners run from the lower left counter-clockwise.
    box = Body(name="box", shape=Mesh(asset="box.obj", up="z"), material=look, mass=0)
    camera = Camera(poses=(Pose(time=0, eye=(0, -3, 0), target=(0, 0, 0)),), fov=0.5)
    light = Light(towards=(0, -1, 0.01), strength=0.4, ambient=0.6)
    return Scene(family="t", seed=0, bodies=(box,), camera=camera, lights=(light,), frames=1)


def assert_upright(view: View) -> None:
    height, width = view.instance.shape
    middle = height // 2, width // 2
    step = height // 8
    for (down, right), colour in {(-1, -1): 0, (-1, 1): 1, (1, -1): 2}.items():
        seen = view.rgb[middle[0] + down * step, middle[1] + right * step].astype(int)
        assert seen.argmax() == colour, (down, right, seen)
        assert seen[colour] > 2 * np.delete(seen, colour).max()
    assert view.rgb[middle[0] + step, middle[1] + step].min() > 120


def test_a_texel_lies_on_its_corner_in_tiny(tmp_path: Path) -> None:
    scene = faced(tmp_path)
    assert_upright(next(Tiny(assets=tmp_path).render(scene, simulate(scene, assets=tmp_path), 64, 64)))


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("CLEANPLATE_BLENDER"), reason="needs CLEANPLATE_BLENDER")
def test_a_texel_lies_on_its_corner_in_blender(tmp_path: Path) -> None:
    interpreter()
    scene = faced(tmp_path)
    assert_upright(next(Blender(assets=tmp_path).render(scene, simulate(scene, assets=tmp_path), 64, 64)))


def test_a_sky_is_seen_the_right_way_round(tmp_path: Path) -> None:
    """The middle of an equirectangular picture lies at +x, what is left of it at +y; its left half is red here."""
    write_sky(tmp_path / "sky.hdr")
    sky = Backdrop(Texture(name="sky.hdr"), tmp_path)
    ways = np.array([[0.01, 1, 0.0], [0.01, -1, 0.0], [1, 0.5, 2], [1, 0.5, -2]], np.float32)
    left, right, above, below = sky.seen(ways)
    assert left[0] > 2 * left[1]
    assert right[0] == pytest.approx(right[1], rel=0.02)
    assert above.sum() > below.sum()


def test_meshes_of_many_triangles_are_drawn(tmp_path: Path) -> None:
    line = np.linspace(-1, 1, 160)
    x, y = np.meshgrid(line, line)
    height = 0.3 * np.cos(3 * x) * np.cos(3 * y)
    sides = [np.stack([x, y, height + 0.5], -1), np.stack([y, x, -height.T - 0.5], -1)]
    vertices = np.concatenate([side.reshape(-1, 3) for side in sides])
    here = (np.arange(159)[:, None] * 160 + np.arange(159)).ravel() + 1
    faces = [f"f {n + o} {n + 1 + o} {n + 161 + o} {n + 160 + o}" for o in (0, 25600) for n in here.tolist()]
    corners = [f"v {a:.6f} {b:.6f} {c:.6f}" for a, b, c in vertices.tolist()]
    (tmp_path / "fine.obj").write_text("\n".join(corners + faces))
    assert len(load_mesh("fine.obj", tmp_path).faces) > 100_000
    body = Body(name="fine", shape=Mesh(asset="fine.obj", up="z"), mass=0)
    camera = Camera(poses=(Pose(time=0, eye=(0, -2, 1.5), target=(0, 0, 0)),))
    scene = Scene(family="t", seed=0, bodies=(body,), camera=camera, frames=1)
    view = next(Tiny(assets=tmp_path).render(scene, simulate(scene, assets=tmp_path), 48, 64))
    assert (view.instance == 0).mean() > 0.15


BROKEN = {
    "nan": ("v 0 0 nan\n", "broken at line 1"),
    "range": ("v 0 0 0\nv 1 0 0\nv 0 1 1\nf 1 2 7\n", "broken at line 4"),
    "texel": ("v 0 0 0\nv 1 0 0\nv 0 1 1\nvt 0 0\nf 1/1 2/1 3/2\n", "broken at line 5"),
    "faces": ("v 0 0 0\nv 1 0 0\nv 0 1 1\n", "no faces"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_mesh_is_named(tmp_path: Path, kind: str) -> None:
    text, told = BROKEN[kind]
    (tmp_path / f"{kind}.obj").write_text(text)
    with pytest.raises(InputError, match=rf"{kind}\.obj: .*{told}"):
        furnished(scan(tmp_path))


def test_a_mesh_of_too_many_triangles_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanplate.worlds.obj.MOST_TRIANGLES", 11)
    write_box(tmp_path / "many.obj")
    with pytest.raises(InputError, match=r"many\.obj: the mesh has more than 11 triangles"):
        furnished(scan(tmp_path))


def test_broken_and_huge_pictures_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wood_diff.png", "sky.hdr", "sky.exr"):
        (tmp_path / name).write_bytes(b"no picture at all")
        with pytest.raises(InputError, match=f"{name}: the file cannot be read"):
            scan(tmp_path)
        (tmp_path / name).unlink()
    assert picture_size(write_picture(tmp_path / "wood_diff.png")) == (16, 16)
    monkeypatch.setattr("cleanplate.worlds.picture_files.LARGEST_SIDE", 8)
    with pytest.raises(InputError, match=r"wood_diff\.png: the picture is larger"):
        scan(tmp_path)


def test_folders_without_assets_and_links_out_of_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        scan(tmp_path / "none")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="no asset is in the folder"):
        scan(inside)
    write_scanned(tmp_path / "elsewhere")
    write_box(inside / "own.obj")
    (inside / "again.obj").symlink_to(inside / "own.obj")
    assert len(scan(inside).training.meshes) == 2
    (inside / "away").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="away: the asset lies outside"):
        scan(inside)


def test_commands_take_the_folder(folder: Path, tmp_path: Path) -> None:
    def run(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["worlds", *map(str, arguments)])
        return done.exit_code, done.output

    short = ("--size", "64x48", "--length", 4, "--assets", folder, "--json")
    made = []
    for place in ("a", "b"):
        options = ("--family", "bystander", "--count", 2, "--seed", 4, "--out", tmp_path / place)
        code, said = run("counterfactual", *options, *short)
        assert code == 0, said
        assert json.loads(said)["fallen"] == []
        made.append({path.name: path.read_bytes() for path in sorted((tmp_path / place).rglob("*.mkv"))})
    assert made[0] == made[1]
    code, said = run("layered", "--count", 6, "--out", tmp_path / "layers", *short)
    assert code == 0, said
    code, said = run("counterfactual", "--out", tmp_path / "c", "--assets", tmp_path / "none")
    assert (code, "no folder of assets" in said) == (3, True), said
    assert not (tmp_path / "c").exists()
