"""Every way in which asking goes wrong, from the command line to a server of this machine: what, where, what now."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from commands import cli, followed_in

from asked_clip import LENGTH, SIZE, says
from cleanplate.masks.reasoning import read_reasoning
from drawn_clips import middle, write_plate
from talking_server import Act, talking

POINTED = ("--object", "box", "--click", middle(0))
WHERE = "a-model at 127.0.0.1"
REFUSED = "the model's answer cannot be used, nor could the one before: "
ANOTHER = "Ask another model, go on with --fallback physics, or write it yourself"
TROUBLES = {
    "wrong key": (Act("Incorrect API key", 401), "refuses the key (HTTP 401): Incorrect API key", "REASONER_KEY", 1),
    "unknown model": (Act("no such model", 404), "HTTP 404", "--reasoner-model", 1),
    "busy": (Act("slow down", 429), "HTTP 429", "Try later", 3),
    "no quota": (Act("You exceeded your current quota", 429), "the quota is used up", "Look at your account", 1),
    "failing": (Act("oops", 500), "the server failed (HTTP 500): oops (3 tries)", "Try later", 3),
    "slow": (Act(says("shadow"), slow=20), "did not answer within 0.5 s (3 tries)", "--reasoner-set timeout", 3),
    "breaks off": (Act(says("shadow"), cut=60), "the server broke off its reply", "Try later", 3),
    "no protocol": (Act(raw=b"<html>Welcome</html>"), "the server's reply is no", "--reasoner-url", 3),
    "declines": (Act("", finish="content_filter"), "declines to answer", "Ask another model", 1),
    "cut short": (Act(says("cut-off"), finish="length"), "cut off before its end", "--reasoner-set max_tokens=N", 2),
    "another language": (Act(says("german")), REFUSED + "the answer is not in English", ANOTHER, 2),
    "no JSON": (Act(says("no-json")), "holds no JSON object", ANOTHER, 2),
    "empty text": (Act(says("silent")), "is empty", ANOTHER, 2),
    "cells outside": (Act(says("outside-grid")), "lies outside the grid of 8 rows and 14 columns", ANOTHER, 2),
    "frames outside": (Act(says("outside-clip")), "frame 40 of a video that ends with frame 11", ANOTHER, 2),
    "the object itself": (Act(says("itself")), "is the removed object itself", ANOTHER, 2),
}
"""What the server does; what is said of it, and what to do; how often it is asked."""


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plate(tmp_path_factory.mktemp("trouble") / "shot.mp4", LENGTH, size=SIZE)


@pytest.fixture(scope="module")
def followed(plate: Path) -> Path:
    return followed_in(plate, *POINTED)


@pytest.fixture
def pointed(plate: Path, followed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The beginning of a command line, with nothing known from outside."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name in ("ALLOW_UPLOAD", "REASONER_KEY", "REASONER_MODEL"):
        monkeypatch.delenv(f"CLEANPLATE_{name}", raising=False)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cleanplate.reason.asking.chat.time.sleep", lambda _: None)
    return ["reason", plate, *POINTED, "--reuse", followed, "-o", "out"]


def asking(url: str) -> list[object]:
    chosen = [part for name in ("frames=4", "tries=3", "timeout=0.5") for part in ("--reasoner-set", name)]
    return ["--reasoner", "openai", "--reasoner-url", url, "--reasoner-model", "a-model", *chosen]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_ends_the_run_with_one_error(tmp_path: Path, pointed: list[object], name: str) -> None:
    act, what, remedy, times = TROUBLES[name]
    with talking(act) as server:
        done = cli(*pointed, *asking(server.url))
        assert len(server.requests) == times
        assert not server.faults
    assert done.exit_code == 5, done.output
    told = flat(done.stderr)
    assert what in told
    assert WHERE in told
    assert remedy in told
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_a_server_that_is_down(tmp_path: Path, pointed: list[object]) -> None:
    with talking(Act("")) as server:
        pass
    done = cli(*pointed, *asking(server.url))
    assert done.exit_code == 5
    assert f"{WHERE}: the server 127.0.0.1 cannot be reached" in flat(done.stderr)
    assert "--reasoner-url" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("reasoner", ["openai", "gemini"])
def test_no_key(tmp_path: Path, pointed: list[object], reasoner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection was attempted")

    if reasoner == "gemini":
        pytest.importorskip("google.genai")
    monkeypatch.setattr(socket.socket, "connect", refused)
    done = cli(*pointed, "--reasoner", reasoner, "--reasoner-model", "a-model", "--allow-upload")
    assert done.exit_code == 5, done.output
    assert "no key is known" in flat(done.stderr)
    assert f"{reasoner.upper()}_API_KEY" in done.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_is_sent_without_consent(
    tmp_path: Path, pointed: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket is watched: another machine's name leads to the server here, which would see any connection."""
    real = socket.getaddrinfo

    def found(host: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        return real("127.0.0.1" if name.endswith(".example") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with talking(Act(says("shadow"))) as server:
        url = f"http://vision.example:{server.port}/v1"
        done = cli(*pointed, *asking(url))
        assert done.exit_code == 5
        assert "would be sent to vision.example over a connection that is not encrypted" in flat(done.stderr)
        assert server.connections == 0
        assert not (tmp_path / "out").exists()
        assert cli(*pointed, *asking(url), "--allow-upload").exit_code == 0
        assert server.connections == 1


@pytest.mark.parametrize("name", ["prose", "fenced", "thoughts"])
def test_an_answer_wrapped_in_words_is_understood(tmp_path: Path, pointed: list[object], name: str) -> None:
    with talking(Act(says(name))) as server:
        assert cli(*pointed, *asking(server.url)).exit_code == 0
        assert len(server.requests) == 1
    assert read_reasoning(tmp_path / "out" / "reasoning.json").affected


def test_nothing_affected_is_legal(tmp_path: Path, pointed: list[object]) -> None:
    with talking(Act(says("empty"))) as server:
        done = cli(*pointed, *asking(server.url))
    assert done.exit_code == 0
    assert "Nothing else was found to be affected." in done.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wrong key", "failing", "slow", "another language", "the object itself"])
def test_with_a_fallback_every_trouble_is_survived_and_told(tmp_path: Path, pointed: list[object], name: str) -> None:
    act, what, _, _ = TROUBLES[name]
    with talking(act) as server:
        done = cli(*pointed, *asking(server.url), "--fallback", "physics")
    assert done.exit_code == 0, done.output
    assert f"'openai' gave no answer ({WHERE}: " in flat(done.stderr)
    assert what in flat(done.stderr)
    assert "'physics' reasoned instead" in flat(done.stderr)
    document = read_reasoning(tmp_path / "out" / "reasoning.json")
    assert all(thing.source == "physics" for thing in document.affected)
