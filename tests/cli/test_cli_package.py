"""`cleanplate verify`, `composite`, `info`, `engines` and the help on a delivered shot."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from commands import cli, names_in, process

import cleanplate
from cleanplate.edit.package import ShotPackage
from cleanplate.masks.labels import changed
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from drawn_clips import HEIGHT, WIDTH, box_at, write_all


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def shot(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A delivered shot; tests only read it."""
    out = tmp_path_factory.mktemp("shots") / "shot"
    done = cli("remove", drawn / "plate.mp4", "--mask", drawn / "quadmask.mkv", "--out", out)
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture
def mine(shot: Path, tmp_path: Path) -> Path:
    """A copy of the shot that a test may spoil."""
    shutil.copytree(shot, tmp_path / "mine")
    return tmp_path / "mine"


def decoded(path: Path) -> list[np.ndarray]:
    """Frames by PyAV alone, planes under each other."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def rewrite_composite(folder: Path, frame: int, plane: int, row: int, column: int) -> None:
    """Change one sample of the composite, and let the manifest's hash know nothing of it."""
    composite = folder / "composite.mkv"
    with Clip.open(composite) as clip:
        frames = [replace(f, planes=tuple(p.copy() for p in f.planes)) for f in clip.frames()]
        info = clip.info
    frames[frame].planes[plane][row, column] ^= 1
    composite.unlink()
    with Ffv1Writer(
        composite, info.format, info.height, info.width, colour=info.colour, time_base=info.time_base, rate=info.rate
    ) as writer:
        for each in frames:
            writer.write(each.planes, each.pts)


def test_verify_passes_on_what_was_delivered(shot: Path, tmp_path: Path) -> None:
    done = process(tmp_path, "verify", shot)
    assert done.returncode == 0, done.stderr
    assert "Proof holds" in done.stdout


def test_verify_fails_on_a_leak_and_says_where(mine: Path, tmp_path: Path) -> None:
    rewrite_composite(mine, 4, 0, 3, 60)
    done = process(tmp_path, "verify", mine)
    assert done.returncode == 1
    assert "PROOF FAILED" in done.stdout
    assert "frame 4, plane Y, row 3, column 60" in done.stdout


def test_verify_names_the_leak_to_machines(mine: Path) -> None:
    rewrite_composite(mine, 1, 2, 20, 5)
    done = cli("verify", mine, "--json")
    assert done.exit_code == 1
    proof = json.loads(done.stdout)
    assert not proof["passed"]
    assert proof["outside_region"]["differing"] == proof["alpha_zero"]["differing"] == 1
    first = proof["outside_region"]["first"][0]
    assert (first["frame"], first["y"], first["x"]) == (1, 20, 5)


def test_verify_notices_an_edited_layer_and_another_plate(mine: Path, drawn: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(drawn / "plate.mp4", other / "moved.mp4")
    assert cli("verify", mine, "--source", other / "moved.mp4").exit_code == 0
    with (other / "moved.mp4").open("ab") as file:
        file.write(b"\0" * 8)
    done = cli("verify", mine, "--source", other / "moved.mp4")
    assert done.exit_code == 1
    assert "not the file that the shot was made from" in done.stdout
    (mine / "reasoning.json").write_text("{}")
    done = cli("verify", mine)
    assert done.exit_code == 1
    assert "reasoning.json" in done.stdout


@pytest.mark.parametrize("command", ["verify", "composite"])
def test_what_is_no_shot_is_refused(tmp_path: Path, command: str) -> None:
    out = ["--out", tmp_path / "out"] if command == "composite" else []
    for folder in (tmp_path / "missing", tmp_path):
        done = cli(command, folder, *out)
        assert done.exit_code == 3, done.output
        assert "Traceback" not in done.stderr
    assert not names_in(tmp_path)


@pytest.mark.parametrize("missing", ["composite.mkv", "layer/matte.mkv", "layer/layer.json", "quadmask.mkv"])
def test_a_shot_with_a_hole_is_refused(mine: Path, missing: str) -> None:
    (mine / missing).unlink()
    done = cli("verify", mine)
    assert done.exit_code in (1, 3), done.output
    assert isinstance(done.exception, SystemExit)


def test_a_plate_that_is_gone_is_asked_for(mine: Path) -> None:
    document = json.loads((mine / "shot.json").read_bytes())
    document["source"]["path"] = str(mine / "gone.mp4")
    (mine / "shot.json").write_text(json.dumps(document))
    done = cli("verify", mine)
    assert done.exit_code == 3
    assert "--source" in done.stderr


def test_compositing_an_unedited_shot_gives_the_same_file(shot: Path, tmp_path: Path) -> None:
    done = cli("composite", shot, "--out", tmp_path / "again")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "again" / "composite.mkv").read_bytes() == (shot / "composite.mkv").read_bytes()
    assert cli("verify", tmp_path / "again").exit_code == 0


@pytest.mark.parametrize("change", [["--refine-matte"], ["--chroma-safe"], ["--refine-matte", "--chroma-safe"]])
def test_another_matte_stays_inside_the_region(shot: Path, drawn: Path, tmp_path: Path, change: list[str]) -> None:
    done = cli("composite", shot, "--out", tmp_path / "again", *change, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["proof"]["passed"]
    assert cli("verify", tmp_path / "again").exit_code == 0
    package = ShotPackage.open(tmp_path / "again")
    before, after = decoded(drawn / "plate.mp4"), decoded(package.composite)
    quadmask, layer = package.quadmask(), package.layer()
    assert quadmask is not None
    with closing(quadmask), closing(layer):
        for number in range(len(quadmask)):
            outside = ~changed(quadmask.at(number))
            assert np.array_equal(before[number][:HEIGHT][outside], after[number][:HEIGHT][outside])
            for patch in layer.patches(number):
                y0, x0, y1, x1 = patch.box
                assert not patch.alpha[outside[y0:y1, x0:x1]].any()


def test_chroma_safe_tints_nothing_beyond_the_first_matte(shot: Path, drawn: Path, tmp_path: Path) -> None:
    """Left-sited 4:2:0: a linear upsampler gives chroma (r, c) to luma rows 2r-1..2r+2 and columns 2c-1..2c+1."""
    assert cli("composite", shot, "--out", tmp_path / "again", "--chroma-safe").exit_code == 0
    spread = {}
    for name, composite in (("plain", shot), ("safe", tmp_path / "again")):
        spread[name] = spilled(drawn / "plate.mp4", composite / "composite.mkv", shot)
    assert spread["plain"] > 0
    assert spread["safe"] == 0


def spilled(plate: Path, composite: Path, shot: Path) -> int:
    """How many pixels without alpha in the shot are given chroma that differs from the plate's."""
    count = 0
    with closing(ShotPackage.open(shot).layer()) as layer:
        for number, (before, after) in enumerate(zip(decoded(plate), decoded(composite), strict=True)):
            covered = np.zeros((HEIGHT + 4, WIDTH + 4), dtype=bool)
            for patch in layer.patches(number):
                y0, x0, y1, x1 = patch.box
                covered[y0 + 2 : y1 + 2, x0 + 2 : x1 + 2] = patch.alpha > 0
            differs = (before[HEIGHT:] != after[HEIGHT:]).reshape(2, HEIGHT // 2, WIDTH // 2).any(axis=0)
            for r, c in np.argwhere(differs):
                count += int((~covered[2 * r + 1 : 2 * r + 5, 2 * c + 1 : 2 * c + 4]).sum())
    return count


def test_an_edited_layer_is_composited_anew(mine: Path, tmp_path: Path) -> None:
    """An artist halves the matte; the composite lies half way between plate and layer."""
    layer_folder = mine / "layer"
    with Clip.open(layer_folder / "matte.mkv") as clip:
        info, frames = clip.info, list(clip.frames())
    (layer_folder / "matte.mkv").unlink()
    with Ffv1Writer(
        layer_folder / "matte.mkv", info.format, info.height, info.width, colour=info.colour,
        time_base=info.time_base, rate=info.rate,
    ) as writer:  # fmt: skip
        for frame in frames:
            writer.write([frame.planes[0] // 2], frame.pts)
    done = cli("composite", mine, "--out", tmp_path / "again")
    assert done.exit_code == 0, done.output
    plate, whole = decoded(ShotPackage.open(mine).source), decoded(mine / "composite.mkv")
    half = decoded(tmp_path / "again" / "composite.mkv")
    y0, x0, y1, x1 = box_at(2)
    inside = (slice(y0, y1), slice(x0, x1))
    between = (plate[2][inside].astype(float) + whole[2][inside]) / 2
    assert np.abs(half[2][inside] - between).max() <= 1


def test_composite_exports_and_refuses_its_own_folder(shot: Path, tmp_path: Path) -> None:
    done = cli("composite", shot, "--out", tmp_path / "again", "--export", "png")
    assert done.exit_code == 0, done.output
    assert any((tmp_path / "again" / "export" / "png").iterdir())
    assert cli("composite", shot, "--out", shot).exit_code == 3
    assert cli("composite", shot, "--out", tmp_path / "other", "--export", "gif").exit_code == 2


def test_info_tells_of_clips_and_shots(shot: Path, drawn: Path, tmp_path: Path) -> None:
    clip = json.loads(cli("info", drawn / "plate.mp4", "--json").stdout)
    assert clip["frames"] == 6
    told = json.loads(cli("info", shot, "--json").stdout)
    assert told["engine"]["name"] == "propagate"
    assert told["proof"]["alpha_zero"]["differing"] == 0
    assert "Proof holds" in cli("info", shot).stdout
    assert cli("info", tmp_path / "nothing.mp4").exit_code == 3


def test_engines_are_listed_for_people_and_machines() -> None:
    assert "propagate" in cli("engines").stdout
    table = json.loads(cli("engines", "--json").stdout)
    assert {row["name"] for row in table["segmenters"]} == {"classic", "sam2"}


@pytest.mark.parametrize("command", ["remove", "mask", "composite", "verify", "info", "engines"])
def test_each_command_explains_itself(command: str) -> None:
    done = cli(command, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_the_program_explains_itself_and_its_exit_codes(tmp_path: Path) -> None:
    done = process(tmp_path, "--help")
    assert done.returncode == 0
    assert "Exit codes" in done.stdout
    assert process(tmp_path, "--version").stdout.strip() == cleanplate.__version__
    assert process(tmp_path, "remove").returncode == 2
    assert process(tmp_path, "removal").returncode == 2
