"""Recordings of people with things: read by the standard's rules, played with and without the person."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from humoto_samples import TABLE, mixamo, write_sequence
from numpy.typing import NDArray
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families.recorded import recorded_scene, write_meshes
from cleanplate.worlds.people.acts import perform
from cleanplate.worlds.people.grips import at_its_sides, in_front
from cleanplate.worlds.people.humoto import read_sequence
from cleanplate.worlds.people.library import cycled, heading, read_library, shipped
from cleanplate.worlds.people.skeleton import Motion


def drinking() -> tuple[Motion, NDArray[np.float64]]:
    """Somebody who stands and lifts a mug: their motion, and where the mug's foot goes."""
    motion = perform("stand", seconds=2.5, rate=30)
    middle = in_front(motion, 0.4, 1.1)
    middle[:, 2] += 0.1 * np.linspace(0, 1, len(motion))
    return at_its_sides(motion, middle, 0.05), middle - np.array([0, 0, 0.05])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sequence(tmp_path / "drink", *drinking())


def test_joints_and_things_are_where_they_were(folder: Path) -> None:
    motion, mug = drinking()
    read = read_sequence(folder)
    assert read.text == "The person lifts a mug."
    assert [thing.name for thing in read.things] == ["mug", "table"]
    places = [read.motion.skeleton.index(mixamo(name)) for name in motion.skeleton.names]
    np.testing.assert_allclose(read.motion.upright().world()[0][:, places], motion.world()[0], atol=1e-4)
    lifted = read.things[0].positions
    np.testing.assert_allclose(np.stack([lifted[:, 0], -lifted[:, 2], lifted[:, 1]], axis=1), mug, atol=1e-5)
    low, high = (f(read.things[1].mesh.vertices, axis=0) for f in (np.min, np.max))
    np.testing.assert_allclose(high - low, (0.6, 0.7, 0.6), atol=1e-5)


def test_what_is_held_follows_the_recording_and_falls_without_the_person(folder: Path, tmp_path: Path) -> None:
    sequence = read_sequence(folder)
    write_meshes(sequence, tmp_path)
    scene = recorded_scene(sequence, 0)
    both = counterfactual(scene, assets=tmp_path)
    assert both.kept_promise
    (change,) = both.changed
    assert change.name.endswith("mug")
    assert both.removed == scene.remove
    holder = next(body for body in scene.bodies if body.name.endswith("mug") and body.path)
    wanted = np.array([key.position for key in holder.path])[: 2 * scene.frames : 2]
    mug = both.original.positions[:, both.original.index(change.name)]
    np.testing.assert_allclose(mug, wanted, atol=0.005)
    fallen = both.altered.positions[-1, both.altered.index(change.name), 2]
    assert fallen < 0.1
    table = next(body for body in scene.bodies if body.name.endswith("table"))
    assert table.mass == 0
    np.testing.assert_allclose(np.subtract(table.position, TABLE)[2], 0, atol=0.01)


def test_pickles_broken_yaml_and_empty_folders_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "drink.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(InputError, match="no plain YAML"):
        read_sequence(folder)
    (folder / "drink.yaml").write_text("- a list")
    with pytest.raises(InputError, match="no names"):
        read_sequence(folder)
    (folder / "drink.glb").rename(folder / "drink.pkl")
    with pytest.raises(InputError, match="pickles are not read"):
        read_library([folder])
    with pytest.raises(InputError, match="pickles are not read"):
        read_library([folder / "drink.pkl"])
    (tmp_path / "empty").mkdir()
    wrong = {"empty": "holds no motion", "none.bvh": "no such motion", "x.fbx": "not known", "x.bvh": "no BVH"}
    (tmp_path / "x.fbx").touch()
    (tmp_path / "x.bvh").write_text("hello")
    for name, said in wrong.items():
        with pytest.raises(InputError, match=said):
            read_library([tmp_path / name])


def test_a_folder_gives_all_that_it_holds(folder: Path, tmp_path: Path) -> None:
    for file in shipped():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    library = read_library([tmp_path])
    assert [sequence.name for sequence in library.sequences] == ["drink"]
    assert len(library.motions) == len(shipped())


@pytest.mark.parametrize("file", shipped(), ids=lambda file: file.stem)
def test_a_motion_goes_on_where_it_ended(file: Path) -> None:
    (motion,) = read_library([file]).motions
    longer = cycled(motion, 4.0)
    assert len(longer) >= 4.0 * motion.rate
    steps = np.linalg.norm(np.diff(longer.root[:, :2], axis=0), axis=1)
    assert steps.max() < 2 * np.median(steps)
    assert heading(longer) == pytest.approx(heading(motion), abs=0.2)


def cli(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


def test_people_are_made_from_rules_and_recordings_and_kept(folder: Path, tmp_path: Path) -> None:
    size = ("--size", "112x64", "--length", 6, "--json")
    for name, more in (("rules", ("--family", "person-passes")), ("recorded", ("--motion", folder))):
        options = ("--count", 1, *size, *more, "--out", tmp_path / name)
        code, said = cli("worlds", "people", *options)
        assert code == 0, said
        assert json.loads(said)["made"] == 1
        code, said = cli("worlds", "people", *options)
        assert (json.loads(said)["made"], json.loads(said)["kept"]) == (0, 1)
    assert next((tmp_path / "recorded").glob("person-recorded-*")).is_dir()
    assert cli("worlds", "validate", tmp_path / "recorded")[0] == 0


def test_families_that_cannot_be_made_are_named(folder: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "data")
    wrong: dict[tuple[object, ...], tuple[int, str]] = {
        ("--family", "tower"): (2, "no family of people"),
        ("--family", "person-recorded"): (2, "needs a recording"),
        ("--family", "person-sits", "--motion", folder): (2, "by rule alone"),
        ("--motion", tmp_path / "none.bvh"): (3, "no such motion"),
    }
    for options, (code, said) in wrong.items():
        got, words = cli("worlds", "people", *options, *out)
        assert (got, said in " ".join(words.split())) == (code, True), words
    assert not (tmp_path / "data").exists()
