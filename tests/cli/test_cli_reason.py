"""`cleanplate reason`, and reasoners, fallbacks and choices of what is affected on `remove` and `mask`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import cli, followed_in, process

from asked_clip import LENGTH, SIZE, says
from cleanplate.edit.package import ShotPackage
from cleanplate.masks.labels import AFFECTED
from cleanplate.masks.quadmask import QuadMask
from drawn_clips import box_at, middle, write_plate, write_quadmask
from talking_server import Act, TalkingServer, talking


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plate(tmp_path_factory.mktemp("reason") / "shot.mp4", LENGTH, size=SIZE)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name in ("CLEANPLATE_ALLOW_UPLOAD", "CLEANPLATE_REASONER_KEY", "CLEANPLATE_REASONER_MODEL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cleanplate.reason.asking.chat.time.sleep", lambda _: None)


@pytest.fixture
def server() -> Iterator[TalkingServer]:
    with talking(Act(says("all-kinds"))) as running:
        yield running


POINTED = ("--object", "box", "--click", middle(0))


@pytest.fixture(scope="module")
def followed(plate: Path) -> Path:
    return followed_in(plate, *POINTED)


@pytest.fixture
def pointed(plate: Path, followed: Path) -> list[object]:
    return [plate, *POINTED, "--reuse", followed]


def asking(server: TalkingServer) -> list[object]:
    return [
        "--reasoner",
        "openai",
        "--reasoner-url",
        server.url,
        "--reasoner-model",
        "a-model",
        "--reasoner-set",
        "frames=4",
    ]


def document(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "reasoning.json").read_text("utf-8"))
    return read


def names(folder: Path) -> list[str]:
    return [thing["name"] for thing in document(folder)["affected"]]


def test_reason_stops_with_a_table_of_reasons(tmp_path: Path, server: TalkingServer, pointed: list[object]) -> None:
    done = cli("reason", *pointed, *asking(server))
    assert done.exit_code == 0, done.output
    folder = tmp_path / "shot.reason"
    left = {path.name for path in folder.iterdir()}
    assert {"reasoning.json", "stages.json", "tracks"} <= left
    assert "quadmask.mkv" not in left
    assert (folder / "tracks" / "box.track").is_file()
    for told in ("shadow of the red box", "reflection", "ripples", "because of", "a-model"):
        assert told in done.output
    assert "The box keeps the light from the wall below it" in done.output
    assert "Afterwards: A blue ball falls to the floor." in done.output
    assert names(folder) == ["shadow of the red box", "reflection of the red box", "ripples", "blue ball"]


def test_reason_speaks_to_machines(server: TalkingServer, pointed: list[object]) -> None:
    done = cli("reason", *pointed, *asking(server), "--json")
    answer = json.loads(done.stdout)
    assert answer["reasoning"]["affected"][0]["id"] == "shadow-of-the-red-box"
    assert Path(answer["file"]).is_file()


def test_what_was_reasoned_serves_again_and_shapes_the_quadmask(
    plate: Path, tmp_path: Path, server: TalkingServer, pointed: list[object]
) -> None:
    assert cli("reason", *pointed, *asking(server), "-o", "first").exit_code == 0
    assert cli("mask", plate, *POINTED, *asking(server), "--reuse", "first", "-o", "second").exit_code == 0
    assert len(server.requests) == 1
    quadmask = QuadMask.open(tmp_path / "second" / "quadmask.mkv")
    rows, columns = np.nonzero(quadmask.at(8) == AFFECTED)
    quadmask.close()
    assert rows.max() == SIZE[0] - 1  # the ball has come to rest on the floor
    assert columns.size


def test_kinds_may_be_chosen(tmp_path: Path, server: TalkingServer, pointed: list[object]) -> None:
    done = cli("reason", *pointed, *asking(server), "--only", "shadow", "-o", "a")
    assert done.exit_code == 0
    assert names(tmp_path / "a") == ["shadow of the red box"]
    left = "reflection of the red box, ripples, blue ball"
    assert f"Found, and left as it is by your choice: {left}." in " ".join(done.stderr.split())
    assert len(json.loads((tmp_path / "a" / "answer.json").read_text("utf-8"))["affected"]) == 4
    chosen = ["--only", "shadow", "--only", "object", "--keep", "blue ball"]
    assert cli("reason", *pointed, *asking(server), *chosen, "-o", "b").exit_code == 0
    assert names(tmp_path / "b") == ["shadow of the red box"]
    assert len(server.requests) == 1  # the second time from what is kept


def test_another_choice_needs_no_new_answer(tmp_path: Path, plate: Path, pointed: list[object]) -> None:
    with talking(Act(says("all-kinds"))) as server:
        asked = [*asking(server), "--reasoner-set", "cache=no"]
        assert cli("reason", *pointed, *asked, "-o", "a").exit_code == 0
        assert cli("reason", plate, *POINTED, *asked, "--keep", "ripples", "--reuse", "a", "-o", "b").exit_code == 0
        assert len(server.requests) == 1
        done = cli("reason", plate, *POINTED, *asked, "--keep", "the ripples", "--reuse", "a", "-o", "c")
    assert names(tmp_path / "b") == ["shadow of the red box", "reflection of the red box", "blue ball"]
    assert done.exit_code == 3
    assert "--keep the ripples: the reasoning names no such thing" in " ".join(done.stderr.split())
    assert "shadow of the red box, reflection of the red box, ripples, blue ball" in " ".join(done.stderr.split())


def test_which_way_things_fall_may_be_told(tmp_path: Path, pointed: list[object]) -> None:
    with talking(Act(says("empty"))) as server:
        for angle, there in (("90", [-1.0, 0.0]), ("-90", [1.0, 0.0]), ("auto", [0.0, 1.0])):
            done = cli("reason", *pointed, *asking(server), "--gravity", angle, "-o", angle)
            assert done.exit_code == 0
            assert document(tmp_path / angle)["gravity"] == pytest.approx(there)
        assert len(server.requests) == 1  # the question is the same
    assert "as told" not in done.output
    assert "'openai' does not follow the camera's roll" in " ".join(done.output.split())


def test_things_are_asked_about(server: TalkingServer, pointed: list[object]) -> None:
    assert cli("reason", *pointed, *asking(server), "--also", "the curtain").exit_code == 0
    assert "the curtain" in server.requests[0].words


def test_physics_is_not_asked_about_things(tmp_path: Path, pointed: list[object]) -> None:
    for command in ("reason", "mask", "remove"):
        done = cli(command, *pointed, "--also", "the curtain", "-o", "out")
        assert done.exit_code == 2
        assert "'physics' cannot be asked about the curtain: it knows no words" in done.stderr
        assert not (tmp_path / "out").exists()


def test_without_an_answer_the_run_ends_and_leaves_nothing(tmp_path: Path, pointed: list[object]) -> None:
    with talking(Act("oops", 500)) as server:
        done = cli("remove", *pointed, *asking(server), "-o", "shot")
    assert done.exit_code == 5
    assert "the server failed (HTTP 500): oops (4 tries)" in done.stderr
    assert not (tmp_path / "shot").exists()


def test_with_a_fallback_the_run_goes_on_and_the_manifest_says_so(
    plate: Path, tmp_path: Path, pointed: list[object]
) -> None:
    with talking(Act(says("outside-grid"))) as server:
        done = cli("remove", *pointed, *asking(server), "--fallback", "physics", "--gravity", "-180", "-o", "shot")
        assert done.exit_code == 0, done.output
        assert len(server.requests) == 2
    (told,) = [text for text in ShotPackage.open(tmp_path / "shot").shot.warnings if "reasoned instead" in text]
    assert told.startswith("'openai' gave no answer (a-model at 127.0.0.1: the model's answer cannot be used")
    assert told.endswith("'physics' reasoned instead.")
    assert all(thing["source"] == "physics" for thing in document(tmp_path / "shot")["affected"])
    assert ShotPackage.open(tmp_path / "shot").shot.edit["fallback"] == "physics"
    assert ShotPackage.open(tmp_path / "shot").shot.edit["gravity"] == -180
    assert document(tmp_path / "shot")["gravity"] == [0.0, -1.0]
    # What a run that goes on finds of it still says so.
    same = ["--fallback", "physics", "--gravity", "-180", "--reuse", "shot"]
    again = cli("reason", plate, *POINTED, *asking(server), *same, "-o", "again")
    assert "reasoned instead" in again.stderr


def test_with_a_fallback_nothing_is_sent_unasked(pointed: list[object]) -> None:
    done = cli(
        *("reason", *pointed, "--reasoner", "openai", "--reasoner-model", "m", "--fallback", "physics"),
        *("--reasoner-url", "https://vision.example/v1"),
    )
    assert done.exit_code == 0
    assert "would be sent to vision.example" in done.stderr
    assert "'physics' reasoned instead" in done.stderr


def test_upload_is_refused_with_the_host_and_what_would_go(tmp_path: Path, pointed: list[object]) -> None:
    done = cli(
        *("reason", *pointed, "--reasoner", "openai", "--reasoner-model", "m"),
        *("--reasoner-url", "https://vision.example/v1", "-o", "out"),
    )
    assert done.exit_code == 5
    assert "pictures of" in done.stderr
    assert "would be sent to vision.example" in done.stderr
    assert "--allow-upload" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--reasoner", "oracle"], "there is no reasoner 'oracle'"),
        (["--fallback", "openai"], "'openai' cannot take over"),
        (["--fallback", "physics"], "cannot take over from itself"),
        (["--reasoner-model", "m"], "'physics' is asked nothing: it takes no model"),
        (["--allow-upload"], "it takes no allow_upload"),
        (["--reasoner-set", "frames"], "no NAME=VALUE"),
        (["--gravity", "sideways"], "--gravity sideways: no angle"),
        (["--gravity", "nan"], "--gravity nan: no angle"),
        (["--gravity", "-361"], "--gravity -361: no angle"),
        (["--gravity", "90", "--reasoning", "x.json"], "says itself which way things fall"),
        (["--reasoner", "openai", "--reasoner-model", "m", "--reasoner-set", "frames=1"], "--reasoner-set frames"),
    ],
)
def test_choices_that_make_no_sense(tmp_path: Path, options: list[str], told: str, pointed: list[object]) -> None:
    done = cli("reason", *pointed, *options, "-o", "out")
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_document_that_is_replayed_is_not_asked(server: TalkingServer, pointed: list[object]) -> None:
    assert cli("reason", *pointed, *asking(server), "-o", "first").exit_code == 0
    done = cli("reason", *pointed, "--reasoning", "first/reasoning.json", "--only", "shadow", "-o", "second")
    assert done.exit_code == 0, done.output
    assert names(Path("second")) == ["shadow of the red box"]
    done = cli("reason", *pointed, "--reasoning", "first/reasoning.json", "--also", "x", "-o", "third")
    assert done.exit_code == 2
    assert "cannot be asked about anything" in done.stderr


def test_a_quadmask_leaves_nothing_to_reason(plate: Path, tmp_path: Path) -> None:
    mask = write_quadmask(tmp_path / "quadmask.mkv", range(LENGTH), SIZE)
    done = cli("reason", plate, "--mask", mask, "-o", "out")
    assert done.exit_code == 2
    assert "there is nothing to reason about" in done.stderr


@pytest.mark.slow
def test_nothing_affected_is_said(plate: Path, tmp_path: Path, pointed: list[object]) -> None:
    with talking(Act(says("empty"))) as server:
        done = cli("reason", *pointed, *asking(server), "-o", "out")
        assert done.exit_code == 0
        assert "Nothing else was found to be affected." in done.output
        shot = cli("remove", plate, *POINTED, *asking(server), "--reuse", "out", "-o", "shot")
        assert shot.exit_code == 0, shot.output
        assert len(server.requests) == 1
    y0, x0, y1, x1 = box_at(3)
    quadmask = QuadMask.open(tmp_path / "shot" / "quadmask.mkv")
    assert (quadmask.at(3) != AFFECTED).all()
    assert (quadmask.at(3)[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2] == 0).mean() > 0.9
    quadmask.close()


@pytest.mark.slow
def test_as_a_process_of_its_own(tmp_path: Path, server: TalkingServer, pointed: list[object]) -> None:
    done = process(tmp_path, "reason", *pointed, *asking(server))
    assert done.returncode == 0, done.stderr
    assert "Asking a-model (5 pictures of" in done.stderr
    assert "shadow of the red box" in done.stdout
