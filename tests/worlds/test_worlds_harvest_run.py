"""`worlds harvest` and `worlds accept` end to end, on drawn clips whose truth is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.worlds.formats.clips import read_pictures
from cleanplate.worlds.formats.vera_layout import VeraDataset, VeraSample, over
from cleanplate.worlds.harvest.decisions import candidates
from cleanplate.worlds.harvest.foregrounds import find_foregrounds
from cleanplate.worlds.harvest.wanted import grow_for
from cleanplate.worlds.validate import validate
from drawn_clips import FRAMES, HEIGHT, WIDTH, box_at, ground, picture, write_video


def cli(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["worlds", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn clip twice as large as it is harvested, and a list: one row fits, of the other the mask is empty."""
    place: Path = tmp_path_factory.mktemp("harvested")
    large = (cv2.resize(picture(n), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST) for n in range(FRAMES))
    write_video(place / "plate.mkv", large, "ffv1", "yuv444p", {})
    masks = (mask_at(n) for n in range(FRAMES))
    write_video(place / "mask.mkv", masks, "ffv1", "gray", {})
    write_video(place / "empty.mkv", (mask_at(0) * 0 for _ in range(FRAMES)), "ffv1", "gray", {})
    rows = [{"clip": "plate.mkv", "noun": "red box", "mask": name} for name in ("mask.mkv", "empty.mkv")]
    (place / "list.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return place


def mask_at(number: int) -> np.ndarray:
    y0, x0, y1, x1 = (2 * side for side in box_at(number))
    mask = np.zeros((2 * HEIGHT, 2 * WIDTH), np.uint8)
    mask[y0:y1, x0:x1] = 255
    return mask


@pytest.fixture(scope="module")
def harvest(folder: Path) -> tuple[Path, dict[str, Any]]:
    code, said = cli("harvest", folder / "list.jsonl", "--height", HEIGHT, "--out", folder / "out", "--json")
    assert code == 3, said
    return folder / "out", json.loads(said)


def only(out: Path) -> VeraSample:
    (candidate,) = candidates(out)
    return candidate.sample


def test_a_row_that_fails_is_named_and_stops_no_other(harvest: tuple[Path, dict[str, Any]]) -> None:
    out, told = harvest
    assert (told["made"], told["kept"]) == (1, 0)
    ((reason, count),) = told["skipped"].items()
    assert count == 1
    assert "list.jsonl:2: " in reason
    assert len(candidates(out)) == 1
    assert (out / "review.html").read_text().count("<article") == 1


def test_the_layer_over_what_is_preserved_is_the_composite(harvest: tuple[Path, dict[str, Any]]) -> None:
    band = grow_for(WIDTH) + 3
    for number, frame in enumerate(only(harvest[0]).frames()):
        assert frame.edit_rgb is not None
        assert frame.edit_alpha is not None
        assert frame.composite is not None
        assert np.abs(over(frame.edit_rgb, frame.edit_alpha, frame.input) - frame.composite).max() <= 1
        y0, x0, y1, x1 = box_at(number)
        inside = np.s_[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1]
        assert np.abs(frame.composite[inside].astype(int) - picture(number)[inside]).mean() < 3, "the plate"
        assert np.abs(frame.input.astype(int) - ground()).mean() < 3, "the clean plate"
        far = frame.edit_alpha.copy()
        far[y0 - band : y1 + band, max(0, x0 - band) : x1 + band] = 0
        assert not far.any()
        assert (frame.edit_alpha[inside] > 250).all()


def test_what_is_there_is_kept_and_made_anew_it_has_the_same_bytes(
    harvest: tuple[Path, dict[str, Any]], folder: Path, tmp_path: Path
) -> None:
    command = ("harvest", folder / "plate.mkv", "--noun", "red box", "--mask", folder / "mask.mkv", "--height", HEIGHT)
    code, said = cli(*command, "--out", harvest[0], "--json")
    assert (code, json.loads(said)["kept"]) == (0, 1), "the clip by itself asks for the same as its row"
    code, said = cli(*command, "--out", tmp_path / "again", "--json")
    assert (code, json.loads(said)["made"]) == (0, 1), said
    (first,), (second,) = candidates(harvest[0]), candidates(tmp_path / "again")
    assert {f.name: f.read_bytes() for f in first.folder.iterdir()} == {
        f.name: f.read_bytes() for f in second.folder.iterdir()
    }


def test_a_stopped_candidate_goes_on_from_its_shot(harvest: tuple[Path, dict[str, Any]], folder: Path) -> None:
    out = folder / "stopped"
    shutil.copytree(harvest[0], out)
    (candidate,) = candidates(out)
    before = {f.name: f.read_bytes() for f in candidate.folder.iterdir()}
    shutil.rmtree(candidate.folder)
    stamp = (out / ".work" / candidate.name / "shot/shot.json").stat().st_mtime_ns
    code, said = cli("harvest", folder / "list.jsonl", "--height", HEIGHT, "--out", out, "--json")
    assert (code, json.loads(said)["made"]) == (3, 1)
    assert {f.name: f.read_bytes() for f in candidate.folder.iterdir()} == before
    assert (out / ".work" / candidate.name / "shot/shot.json").stat().st_mtime_ns == stamp


def decide(out: Path, verdict: str | None) -> tuple[int, dict[str, Any]]:
    names = {candidate.name: verdict for candidate in candidates(out)} if verdict else {}
    (out / "decisions.json").write_text(json.dumps({"version": 1, "decisions": names}))
    code, said = cli("accept", out, "--json")
    return code, json.loads(said)


def test_only_what_a_person_accepts_comes_into_the_data_set(
    harvest: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(harvest[0], out)
    code, said = cli("accept", out, "--json")
    assert (code, json.loads(said)["undecided"], list(out.rglob("*.jsonl"))) == (0, 1, [])
    code, done = decide(out, "accept")
    assert (code, done["accepted"], done["lists"]) == (0, 1, [str(out / "single-object-obj-add.jsonl")])
    (sample,) = VeraDataset.of_folder(out)
    assert len(list(sample.frames())) == FRAMES
    report = validate(out)
    assert (report.valid, report.samples, report.composites_checked) == (True, 1, 1), report.findings
    assert decide(out, "accept")[1] == done, "again is no matter"
    for verdict in ("reject", None):
        decide(out, "accept")
        assert decide(out, verdict)[1]["accepted"] == 0
        assert list(out.rglob("*.jsonl")) == []
        assert not (out / "single-object-obj-add").exists()
        assert len(candidates(out)) == 1, "a candidate stays one"


@pytest.mark.parametrize("text", ["{", '{"decisions": {"a": "maybe"}}', '{"version": 2}', "[]"])
def test_decisions_that_are_none_are_refused(harvest: tuple[Path, dict[str, Any]], tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.json").write_text(text)
    code, said = cli("accept", harvest[0], "--decisions", tmp_path / "mine.json")
    assert (code, "mine.json" in said) == (3, True)
    code, said = cli("accept", tmp_path)
    assert (code, "no candidates" in said) == (3, True)


def test_nothing_asked_for_and_nothing_written(tmp_path: Path) -> None:
    for arguments in ((), ("--foregrounds", tmp_path)):
        code, said = cli("harvest", *arguments, "--out", tmp_path / "out")
        assert code in (2, 3), said
        assert not (tmp_path / "out").exists()


def disc(number: int) -> np.ndarray:
    """Soft alpha of a disc that wanders, H x W, 0..255."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.rint(255 * np.clip(12.5 - np.hypot(y - 24, x - 20 - 3 * number), 0, 1)), np.uint8)


@pytest.fixture
def foregrounds(tmp_path: Path) -> Path:
    """VideoMatte240K's folders: one pair as clips, one as folders of frames."""
    place = tmp_path / "matte240k" / "train"
    for kind in ("fgr", "pha"):
        (place / kind / "walking_dog").mkdir(parents=True)
    green = np.full((HEIGHT, WIDTH, 3), (30, 190, 60), np.uint8)
    write_video(place / "fgr/0001.mkv", (green for _ in range(FRAMES)), "ffv1", "bgr0", {})
    write_video(place / "pha/0001.mkv", map(disc, range(FRAMES)), "ffv1", "gray", {})
    for number in range(FRAMES):
        cv2.imwrite(str(place / f"fgr/walking_dog/{number:04d}.png"), green[..., ::-1])
        cv2.imwrite(str(place / f"pha/walking_dog/{number:04d}.png"), disc(number))
    return place.parent


def test_foregrounds_are_laid_over_places(foregrounds: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said = cli("harvest", "--foregrounds", foregrounds, "--height", HEIGHT, "--out", out, "--json")
    assert (code, json.loads(said)["made"]) == (0, 2), said
    added, changed = sorted(candidates(out), key=lambda one: one.sample.record.edit_type, reverse=True)
    assert (added.subset, changed.subset) == ("synthetic-obj-add", "synthetic-bg-change")
    assert (added.sample.record.subject_type, changed.sample.record.subject_type) == ("person", "walking dog")
    for number, frame in enumerate(added.sample.frames()):
        assert frame.edit_alpha is not None
        assert np.abs(frame.edit_alpha.astype(int) - disc(number)).max() <= 1, "the matte as it was given"
    for number, frame in enumerate(changed.sample.frames()):
        assert frame.edit_alpha is not None
        assert np.abs(frame.edit_alpha.astype(int) - (255 - disc(number))).max() <= 1
    for candidate in (added, changed):
        names = {candidate.name: "accept"}
        (out / "decisions.json").write_text(json.dumps({"decisions": names}))
        assert cli("accept", out)[0] == 0
        assert validate(out).valid
    assert cli("harvest", "--foregrounds", foregrounds, "--height", HEIGHT, "--out", out, "--json")[0] == 0


def test_foregrounds_are_laid_over_clean_plates_too(foregrounds: Path, folder: Path, tmp_path: Path) -> None:
    row = ("--noun", "red box", "--mask", folder / "mask.mkv", "--height", HEIGHT)
    options = ("--foregrounds", foregrounds, "--seed", 1, "--out", tmp_path / "out", "--json")
    code, said = cli("harvest", folder / "plate.mkv", *row, *options)
    assert (code, json.loads(said)["made"]) == (0, 3), said
    (plate,) = (one for one in candidates(tmp_path / "out") if one.subset == "single-object-obj-add")
    over_it = [one for one in candidates(tmp_path / "out") if one.sample.record.metadata.get("camera") == "as filmed"]
    assert over_it
    clean = plate.sample.path("input")
    assert clean is not None
    for one in over_it:
        path = one.sample.path("input")
        assert path is not None
        for number, (frame, below) in enumerate(zip(read_pictures(path), read_pictures(clean), strict=True)):
            empty = disc(number) == 0
            assert np.array_equal(frame[empty], below[empty])


@pytest.mark.parametrize("fault", ["no matte", "another length"])
def test_foregrounds_without_their_half_are_named(foregrounds: Path, tmp_path: Path, fault: str) -> None:
    matte = foregrounds / "train/pha/0001.mkv"
    matte.unlink()
    if fault == "another length":
        write_video(matte, map(disc, range(FRAMES - 1)), "ffv1", "gray", {})
    code, said = cli("harvest", "--foregrounds", foregrounds, "--out", tmp_path / "out")
    assert (code, "0001.mkv" in said) == (3, True)
    assert not (tmp_path / "out").exists()


def test_folders_of_frames_are_told_from_clips(foregrounds: Path) -> None:
    found = find_foregrounds(foregrounds)
    assert [(one.noun, one.frames, one.size) for one in found] == [
        ("person", FRAMES, (HEIGHT, WIDTH)),
        ("walking dog", FRAMES, (HEIGHT, WIDTH)),
    ]
