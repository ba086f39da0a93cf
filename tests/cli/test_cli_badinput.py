"""Bad input: one clear error on standard error, the documented exit code, no traceback, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from commands import cli, names_in, process

from cleanplate.masks.codec import read_mask_file
from cleanplate.pipeline import removal
from drawn_clips import FRAMES, middle, write_all, write_binary, write_plate, write_video

Maker = Callable[[Path], Path]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("drawn"))


def assert_one_error(stderr: str, *parts: str) -> None:
    errors = [line for line in stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, stderr
    assert "Traceback" not in stderr
    for part in parts:
        assert part in stderr


def truncated(folder: Path) -> Path:
    """A Matroska file whose last third is gone, in the middle of its packets."""
    whole = write_plate(folder / "whole.mkv", 4, size=(480, 640))
    data = whole.read_bytes()
    whole.unlink()
    (folder / "cut.mkv").write_bytes(data[: len(data) * 2 // 3])
    return folder / "cut.mkv"


def only_audio(folder: Path) -> Path:
    with av.open(str(folder / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return folder / "sound.mp4"


def no_frames(folder: Path) -> Path:
    with av.open(str(folder / "none.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.start_encoding()
    return folder / "none.mkv"


def wide(folder: Path) -> Path:
    return write_video(folder / "wide.mkv", [np.zeros((4, 16384), np.uint8)], "ffv1", "gray", {})


def wide_still(folder: Path) -> Path:
    (folder / "wide").mkdir()
    cv2.imwrite(str(folder / "wide" / "f.0001.png"), np.zeros((4, 16384, 3), np.uint8))
    return folder / "wide"


def wrote(name: str, content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def empty_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


PLATES: dict[str, tuple[Maker, str]] = {
    "no such file": (lambda folder: folder / "missing.mp4", "no such file"),
    "a folder": (empty_folder, "folder"),
    "empty": (wrote("empty.mp4", b""), "empty"),
    "truncated": (truncated, "cut.mkv"),
    "only audio": (only_audio, "only audio"),
    "text": (wrote("text.mp4", b"this is no video at all\n" * 40), "text, not a video"),
    "noise": (wrote("noise.mp4", np.random.default_rng(0).bytes(5000)), "not a video"),
    "m3u8": (wrote("list.m3u8", b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n"), "playlists"),
    "playlist as mp4": (wrote("list.mp4", b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n"), "playlists"),
    "concat": (wrote("list.mkv", b"ffconcat version 1.0\nfile other.mp4\n"), "playlists"),
    "no frames": (no_frames, "no frames"),
    "16k wide": (wide, "12288"),
    "16k wide still": (wide_still, "12288"),
}


@pytest.mark.parametrize("kind", PLATES)
def test_plates_that_are_none(drawn: Path, tmp_path: Path, kind: str) -> None:
    made, says = PLATES[kind]
    plate = made(tmp_path)
    before = names_in(tmp_path)
    for pointed in (["--mask", drawn / "quadmask.mkv"], ["--click", "10,10"]):
        done = cli("remove", plate, *pointed, "--out", tmp_path / "new" / "shot")
        assert done.exit_code == 3, done.output
        assert_one_error(done.stderr, says, plate.name)
        assert names_in(tmp_path) == before


@pytest.mark.parametrize("kind", ["truncated", "text", "no frames"])
def test_masks_that_are_none(drawn: Path, tmp_path: Path, kind: str) -> None:
    made, says = PLATES[kind]
    mask = made(tmp_path)
    before = names_in(tmp_path)
    done = cli("remove", drawn / "plate.mp4", "--mask", mask, "--out", tmp_path / "shot")
    assert done.exit_code == 3, done.output
    assert_one_error(done.stderr, says)
    assert names_in(tmp_path) == before


def test_a_process_says_it_on_standard_error_alone(tmp_path: Path) -> None:
    done = process(tmp_path, "remove", "missing.mp4", "--click", "1,1")
    assert (done.returncode, done.stdout) == (3, "")
    assert_one_error(done.stderr, "missing.mp4: no such file")
    assert not names_in(tmp_path)


def test_a_machine_gets_the_error_as_json(tmp_path: Path) -> None:
    done = cli("remove", tmp_path / "missing.mp4", "--click", "1,1", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.exit_code == error["exit_code"] == 3
    assert error["kind"] == "InputError"
    assert error["what"] == "no such file"
    assert error["where"].endswith("missing.mp4")
    assert error["remedy"]


POINTING = {
    "outside": (["--click", "64,10"], 3, "outside the picture"),
    "below": (["--box", "10,48,20,60"], 3, "outside the picture"),
    "later": (["--click", f"10,10@{FRAMES}"], 3, f"0 to {FRAMES - 1}"),
    "out of range": (["--click", f"{middle(5)}@5", "--frames", "0-3"], 3, "0 to 3"),
    "range too long": (["--click", middle(0), "--frames", "0-99"], 3, f"0 to {FRAMES - 1}"),
    "range backwards": (["--click", middle(0), "--frames", "4-2"], 3, "4 to 2"),
    "nothing pointed at": ([], 2, "--click"),
    "no click": (["--click", "ten,ten"], 2, "'ten,ten' is no click"),
    "empty box": (["--box", "20,20,10,30"], 2, "empty"),
    "no range": (["--click", "1,1", "--frames", "12"], 2, "no range"),
    "no time": (["--click", "10,10@soon"], 2, "soon"),
    "only what it is not": (["--click", f"{middle(0)}@0-"], 3, ""),
    "one name twice": (["--object", "A b", "--click", middle(0), "--object", "a-b", "--click", "50,5"], 2, "name"),
    "unknown engine": (["--click", middle(0), "--engine", "magic"], 2, "propagate"),
    "unknown segmenter": (["--click", middle(0), "--segmenter", "magic"], 2, "classic"),
    "weights for none": (["--click", middle(0), "--weights", "x"], 2, "--weights"),
    "no such reasoning": (["--click", middle(0), "--reasoning", "none.json"], 3, "none.json"),
    "unknown reuse": (["--click", middle(0), "--reuse", "nowhere"], 3, "nowhere"),
}


@pytest.mark.parametrize("kind", POINTING)
def test_pointing_that_makes_no_sense(drawn: Path, tmp_path: Path, kind: str) -> None:
    pointed, code, says = POINTING[kind]
    done = cli("remove", drawn / "plate.mp4", *pointed, "--out", tmp_path / "shot")
    assert done.exit_code == code, done.output
    assert_one_error(done.stderr, says)
    assert not names_in(tmp_path)


def test_a_click_on_nothing(tmp_path: Path, drawn: Path) -> None:
    flat = write_video(tmp_path / "flat.mp4", [np.full((48, 64, 3), 90, np.uint8)] * 4, "libx264", "yuv420p", {})
    done = cli("remove", flat, "--click", "30,20", "--out", tmp_path / "shot")
    assert done.exit_code == 3, done.output
    assert_one_error(done.stderr, "object")
    assert names_in(tmp_path) == {"flat.mp4"}


MASKS: dict[str, tuple[Maker, str]] = {
    "another size": (lambda f: write_binary(f / "m.mkv", range(FRAMES), (50, 66)), "66 x 50"),
    "too short": (lambda f: write_binary(f / "m.mkv", range(FRAMES - 1)), f"{FRAMES - 1} frames"),
    "too long": (lambda f: write_binary(f / "m.mkv", range(FRAMES + 1)), f"{FRAMES + 1} frames"),
    "nothing marked": (
        lambda f: write_video(f / "m.mkv", [np.zeros((48, 64), np.uint8)] * FRAMES, "ffv1", "gray", {}),
        "nothing to edit",
    ),
    "all marked": (
        lambda f: write_video(f / "quadmask.mkv", [np.zeros((48, 64), np.uint8)] * FRAMES, "ffv1", "gray", {}),
        "smaller mask",
    ),
    "a picture": (lambda f: write_plate(f / "m.mp4"), "not a mask"),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_that_do_not_fit(drawn: Path, tmp_path: Path, kind: str) -> None:
    made, says = MASKS[kind]
    mask = made(tmp_path)
    done = cli("remove", drawn / "plate.mp4", "--mask", mask, "--out", tmp_path / "shot")
    assert done.exit_code == (4 if kind == "all marked" else 3), done.output
    assert_one_error(done.stderr, says)
    assert names_in(tmp_path) == {mask.name}


def test_clicks_and_a_mask_together_are_one_too_many(drawn: Path, tmp_path: Path) -> None:
    both = ["--mask", drawn / "binary.mkv", "--click", middle(0)]
    done = cli("remove", drawn / "plate.mp4", *both, "--out", tmp_path / "shot")
    assert done.exit_code == 2
    assert_one_error(done.stderr, "--mask FILE")
    assert not names_in(tmp_path)


def test_a_clip_of_one_frame_works(tmp_path: Path) -> None:
    plate, mask = write_plate(tmp_path / "one.mp4", 1), write_binary(tmp_path / "mask.mkv", range(1))
    done = cli("remove", plate, "--mask", mask, "--out", tmp_path / "shot", "--json")
    assert done.exit_code == 0, done.output
    proof = json.loads(done.stdout)["proof"]
    assert proof["passed"]
    assert proof["frames"] == 1


def test_a_shot_is_never_written_over(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "shot").mkdir()
    (tmp_path / "shot" / "shot.json").write_text("{}")
    before = names_in(tmp_path)
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", tmp_path / "shot")
    assert done.exit_code == 3
    assert_one_error(done.stderr, "another shot", "--reuse")
    assert names_in(tmp_path) == before
    assert (tmp_path / "shot" / "shot.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["taken.txt", "taken.txt/shot", "x" * 300])
def test_places_that_are_no_folders(drawn: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "taken.txt").write_text("mine")
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", tmp_path / name)
    assert done.exit_code in (3, 5), done.output
    assert_one_error(done.stderr)
    assert names_in(tmp_path) == {"taken.txt"}


def test_where_one_stands_is_no_place_when_something_is_there(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = process(tmp_path, "remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", ".")
    assert done.returncode == 3, done.stderr
    assert_one_error(done.stderr)
    assert names_in(tmp_path) == {"mine.txt"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of a given size at a folder of the test; needs the right to do so."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting a small disk needs root")
        mounted.append(folder)
        return folder

    if shutil.which("mount") is None:
        pytest.skip("there is no mount")
    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_too_small_is_refused_beforehand(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", tmp_path / "new" / "shot")
    assert done.exit_code == 5, done.output
    assert_one_error(done.stderr, "of disk", "are free")
    assert not names_in(tmp_path)


def test_a_small_disk_is_refused_beforehand(drawn: Path, small_disk: Callable[[str], Path]) -> None:
    folder = small_disk("size=64k")
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", folder / "shot")
    assert done.exit_code == 5, done.output
    assert_one_error(done.stderr, "disk")
    assert not names_in(folder)


@pytest.mark.parametrize("kilobytes", [8, 16, 32, 64, 96])
def test_a_disk_that_fills_up_on_the_way(
    drawn: Path, small_disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, kilobytes: int
) -> None:
    folder = small_disk(f"size={kilobytes}k")
    usage = shutil.disk_usage(folder)._replace(free=10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", folder / "shot")
    assert done.exit_code == 5, done.output
    assert_one_error(done.stderr, "the disk is full")
    assert not names_in(folder)


def test_a_read_only_disk(drawn: Path, small_disk: Callable[[str], Path]) -> None:
    folder = small_disk("size=1m,ro")
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", folder / "shot")
    assert done.exit_code == 5, done.output
    assert_one_error(done.stderr, "read-only", "--out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_one_may_not_write_to(drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "binary.mkv", "--out", tmp_path / "locked" / "shot")
    assert done.exit_code == 5, done.output
    assert_one_error(done.stderr, "no permission", "--out")


def test_what_an_interrupted_run_left_survives_a_bad_option(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        read_mask_file(*arguments, **options)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    options = ["--mask", drawn / "binary.mkv", "--out", tmp_path / "shot"]
    with monkeypatch.context() as patch:
        patch.setattr(removal, "read_mask_file", interrupted)
        assert cli("remove", drawn / "plate.mp4", *options).exit_code == 130
    kept = names_in(tmp_path)
    assert ".shot.work/given.mkv" in kept
    assert cli("remove", drawn / "plate.mp4", *options, "--keep", "unicorn").exit_code == 3
    assert names_in(tmp_path) >= kept
