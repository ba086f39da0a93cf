"""`cleanplate remove` and `mask` on drawn clips, from every way of pointing to every way of delivering."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from commands import cli, names_in, process

from cleanplate.cli.pointing import scoped
from cleanplate.edit.package import ShotPackage
from cleanplate.masks.labels import AFFECTED, KEEP, removed
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.clip import Clip
from drawn_clips import FRAMES, box_at, ground, middle, picture, write_all, write_binary, write_plate, write_video

PACKAGE = {
    *("shot.json", "run.json", "composite.mkv", "layer", "preview.mp4", "quadmask.mkv", "reasoning.json"),
    *("timeline.otio", "report.html"),
}


def stages(folder: Path) -> dict[str, bool]:
    """Names of the stages of a shot, and whether each was found rather than run."""
    return {s["name"]: s["cached"] for s in json.loads((folder / "stages.json").read_bytes())["stages"]}


def labels(folder: Path, number: int) -> np.ndarray:
    """One frame of the quadmask in a shot or mask folder."""
    with closing(QuadMask.open(folder / "quadmask.mkv")) as quadmask:
        return quadmask.at(number)


def covered(folder: Path, number: int) -> float:
    """Share of the box that the quadmask removes on a frame."""
    y0, x0, y1, x1 = box_at(number)
    return float(removed(labels(folder, number))[y0:y1, x0:x1].mean())


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("drawn"))


def test_a_quadmask_ends_in_a_proven_package(drawn: Path, tmp_path: Path) -> None:
    done = process(tmp_path, "remove", drawn / "plate.mp4", "--mask", drawn / "quadmask.mkv", "--out", "shot")
    assert done.returncode == 0, done.stderr
    assert "Proof holds" in done.stdout
    assert "shot/report.html" in done.stdout.replace("\\", "/")
    assert {path.name for path in (tmp_path / "shot").iterdir()} >= PACKAGE
    assert {path.name for path in tmp_path.iterdir()} == {"shot"}


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p10le", "yuv444p12le", "gbrp10le", "gray"])
def test_the_hole_shows_what_lay_behind_in_every_plane(tmp_path: Path, pixels: str) -> None:
    """A proof looks outside the edit; this looks inside, at the ground that the drawing knows."""
    frames = range(FRAMES)
    plate = write_video(tmp_path / "plate.mkv", map(picture, frames), "ffv1", pixels, {})
    clean = write_video(tmp_path / "clean.mkv", [ground()] * FRAMES, "ffv1", pixels, {})
    mask = write_binary(tmp_path / "mask.mkv", frames)
    done = process(tmp_path, "remove", plate, "--mask", mask, "--out", "shot")
    assert done.returncode == 0, done.stderr
    with Clip.open(tmp_path / "shot" / "composite.mkv") as made, Clip.open(clean) as known, Clip.open(plate) as shot:
        for a, b, before in zip(made.frames(), known.frames(), shot.frames(), strict=True):
            for filled, truth, box in zip(a.planes, b.planes, before.planes, strict=True):
                gone = np.abs(box.astype(int) - truth) > 0.1 * known.info.format.peak
                if gone.any():
                    wrong = np.abs(filled.astype(int) - truth)[gone]
                    assert wrong.mean() < 0.02 * known.info.format.peak


def test_a_binary_mask_serves_too_and_json_parses(drawn: Path, tmp_path: Path) -> None:
    done = process(tmp_path, "remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "-o", "shot", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["proof"]["passed"]
    assert answer["proof"]["alpha_zero"]["differing"] == answer["proof"]["outside_region"]["differing"] == 0
    assert Path(tmp_path, answer["composite"]).is_file()
    assert covered(tmp_path / "shot", 2) == 1


POINTING = {
    "click": ["--click", f"{middle(0)}@0"],
    "box": ["--box", ",".join(str(v) for v in (box_at(1)[1], box_at(1)[0], box_at(1)[3], box_at(1)[2])) + "@1"],
    "stroke": ["--stroke", f"{box_at(0)[1] + 3},20 {box_at(0)[1] + 9},28:2@0"],
}


@pytest.mark.parametrize("way", POINTING)
def test_pointing_finds_the_box(drawn: Path, tmp_path: Path, way: str) -> None:
    done = cli("mask", drawn / "plate.mp4", *POINTING[way], "--out", tmp_path / "masked", "--json")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert Path(answer["quadmask"]).is_file()
    assert answer["reasoning"]["removed"] == ["object"]
    assert not Path(tmp_path, "masked", "composite.mkv").exists()
    assert covered(tmp_path / "masked", 1) > 0.8


def test_two_objects_keep_their_names(drawn: Path, tmp_path: Path) -> None:
    pointed = ["--object", "Red box", "--click", middle(0), "--object", "corner", "--box", "44,2,60,14"]
    done = cli("mask", drawn / "plate.mp4", *pointed, "--out", tmp_path / "masked", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["reasoning"]["removed"] == ["Red box", "corner"]
    assert len(list((tmp_path / "masked" / "tracks").glob("*.track"))) >= 2


def test_an_object_name_holds_for_what_follows_it() -> None:
    mark = "\x1f"
    given = ["--click", "1,2", "--object", "cup", "--click=3,4", "--stroke", "5,6:7", "--", "--click"]
    assert scoped(given) == [
        *("--click", f"object{mark}1,2", "--object", "cup"),
        *(f"--click=cup{mark}3,4", "--stroke", f"cup{mark}5,6:7", "--", "--click"),
    ]


def test_frames_outside_the_range_stay_as_they_were(drawn: Path, tmp_path: Path) -> None:
    options = ["--mask", drawn / "binary.mkv", "--frames", "2-3", "--out", tmp_path / "shot"]
    done = cli("remove", drawn / "plate.mp4", *options)
    assert done.exit_code == 0, done.output
    package = ShotPackage.open(tmp_path / "shot")
    assert set(package.layer().frames) == {2, 3}
    for number, (before, after) in enumerate(
        zip(decoded(drawn / "plate.mp4"), decoded(package.composite), strict=True)
    ):
        assert np.array_equal(before, after) == (number not in (2, 3))


def decoded(path: Path) -> list[np.ndarray]:
    """Frames by PyAV alone, planes under each other."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def test_times_are_frames_seconds_or_timecode(drawn: Path, tmp_path: Path) -> None:
    options = ["--mask", drawn / "binary.mkv", "--frames", "0.04s-00:00:00:02"]
    done = cli("mask", drawn / "plate.mp4", *options, "--out", tmp_path / "masked")
    assert done.exit_code == 0, done.output
    assert [round(covered(tmp_path / "masked", n)) for n in range(FRAMES)] == [0, 1, 1, 0, 0, 0]


def test_keeping_what_is_unknown_is_refused(drawn: Path, tmp_path: Path) -> None:
    options = ["--mask", drawn / "binary.mkv", "--keep", "unicorn", "--out", tmp_path / "shot"]
    done = cli("remove", drawn / "plate.mp4", *options)
    assert done.exit_code == 3
    assert "unicorn" in done.stderr
    assert not names_in(tmp_path)


def test_an_edited_reasoning_is_replayed(drawn: Path, tmp_path: Path) -> None:
    plate, mask = drawn / "plate.mp4", ["--mask", drawn / "binary.mkv"]
    assert cli("mask", plate, *mask, "--out", tmp_path / "first").exit_code == 0
    document = json.loads((tmp_path / "first" / "reasoning.json").read_bytes())
    rows, columns = document["grid"]["rows"], document["grid"]["columns"]
    corner: dict[str, Any] = {
        "id": "puddle",
        "name": "puddle",
        "kind": "object",
        "caused_by": "object",
        "why": "said so by a person",
    }
    corner |= {"onset": 1, "end": 3, "cells_by_time": [{"frame": 1, "cells": [[rows - 1, columns - 1]]}]}
    corner |= {"confidence": 1.0, "source": "person"}
    document["affected"] = [corner]
    edited = tmp_path / "first" / "edited.json"
    edited.write_text(json.dumps(document))
    done = cli("mask", plate, *mask, "--reasoning", edited, "--out", tmp_path / "second", "--json")
    assert done.exit_code == 0, done.output
    assert [thing["name"] for thing in json.loads(done.stdout)["reasoning"]["affected"]] == ["puddle"]
    assert labels(tmp_path / "second", 2)[-2, -2] == AFFECTED
    assert labels(tmp_path / "second", 5)[-2, -2] == KEEP
    kept = cli("mask", plate, *mask, "--reasoning", edited, "--keep", "puddle", "--out", tmp_path / "third")
    assert kept.exit_code == 0, kept.output
    assert labels(tmp_path / "third", 2)[-2, -2] == KEEP


def test_remove_goes_on_from_a_mask(drawn: Path, tmp_path: Path) -> None:
    plate, pointed = drawn / "plate.mp4", ["--click", middle(0)]
    assert cli("mask", plate, *pointed, "--out", tmp_path / "masked").exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "masked").rglob("*") if path.is_file()}
    done = cli("remove", plate, *pointed, "--reuse", tmp_path / "masked", "--out", tmp_path / "shot")
    assert done.exit_code == 0, done.output
    found = stages(tmp_path / "shot")
    assert found["select object"]
    assert found["reason"]
    assert found["quadmask"]
    assert not found["layer"]
    assert {path: path.read_bytes() for path in before} == before


def test_another_click_is_not_answered_from_the_store(drawn: Path, tmp_path: Path) -> None:
    plate = drawn / "plate.mp4"
    assert cli("mask", plate, "--click", middle(0), "--out", tmp_path / "first").exit_code == 0
    more = ["--click", middle(0), "--click", f"{middle(3)}@3", "--reuse", tmp_path / "first"]
    assert cli("mask", plate, *more, "--out", tmp_path / "second").exit_code == 0
    assert not stages(tmp_path / "second")["select object"]


EXPORTED = {"prores4444": "layer.mov", "exr": "exr", "png": "png"}


def test_exports_are_read_by_others(drawn: Path, tmp_path: Path) -> None:
    options = ["--mask", drawn / "binary.mkv", "--out", tmp_path / "shot"]
    for name in EXPORTED:
        options += ["--export", name]
    done = cli("remove", drawn / "plate.mp4", *options)
    assert done.exit_code == 0, done.output
    export = tmp_path / "shot" / "export"
    assert {path.name for path in export.iterdir()} == set(EXPORTED.values())
    with av.open(str(export / "layer.mov")) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == FRAMES
    assert frames[0].format.name.startswith("yuva444p")
    for name in ("exr", "png"):
        assert len(list((export / name).iterdir())) == FRAMES


def test_an_unknown_export_is_refused_before_any_work(drawn: Path, tmp_path: Path) -> None:
    options = ["--mask", drawn / "binary.mkv", "--export", "gif", "--out", tmp_path / "shot"]
    done = cli("remove", drawn / "plate.mp4", *options)
    assert done.exit_code == 2
    assert "there is no export 'gif'" in done.stderr
    assert "clean plate" not in done.stderr
    assert not names_in(tmp_path)


def test_a_dry_run_says_what_it_would_cost_and_leaves_nothing(drawn: Path, tmp_path: Path) -> None:
    options = ["--mask", drawn / "binary.mkv", "--out", tmp_path / "deep" / "shot", "--dry-run", "--json"]
    done = cli("remove", drawn / "plate.mp4", *options)
    assert done.exit_code == 0, done.output
    estimate = json.loads(done.stdout)["estimate"]
    assert estimate["frames"] == FRAMES
    assert all(estimate[name] > 0 for name in ("seconds", "memory_bytes", "disk_bytes"))
    assert not names_in(tmp_path)


def test_the_default_folder_lies_where_one_stands(drawn: Path, tmp_path: Path) -> None:
    done = process(tmp_path, "mask", drawn / "plate.mp4", "--mask", drawn / "quadmask.mkv")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"plate.mask"}


def test_names_with_dashes_spaces_and_letters_of_all_scripts(drawn: Path, tmp_path: Path) -> None:
    name = "-żółta łódź 船 #1 100%.mp4"
    write_plate(tmp_path / name)
    mask = tmp_path / "-maska ü.mkv"
    mask.write_bytes((drawn / "quadmask.mkv").read_bytes())
    done = process(tmp_path, "remove", "--mask", mask.name, "--out", "-wynik 船", "--", name)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "-wynik 船" / "composite.mkv").is_file()
    again = process(tmp_path, "verify", "--", "-wynik 船")
    assert again.returncode == 0, again.stderr
    assert process(tmp_path, "info", "--", name).returncode == 0
