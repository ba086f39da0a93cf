"""Asking over a wire: what is sent, to whom, and what becomes of everything that a server can send back.

A real server of this machine speaks the protocols (`talking_server`) and refuses requests of another form than theirs.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from asked_clip import LENGTH, SIZE, asked_clip, says
from cleanplate.errors import ReasonerError
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.pipeline.registry import reasoner
from cleanplate.progress import Silent
from cleanplate.reason.asking import kept
from cleanplate.reason.asking.moments import signals
from talking_server import Act, TalkingServer, talking

GOOD = Act(says("shadow"))
KEY = "sk-secret-0123456789"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clip, list[Track]]]:
    """The clip is looked at once for all tests."""
    clip, tracks = asked_clip(tmp_path_factory.mktemp("wire"))
    with clip, pytest.MonkeyPatch.context() as patched:
        seen = signals(clip, tracks, range(LENGTH), lambda advance=1: None)
        patched.setattr("cleanplate.reason.asking.reasoner.signals", lambda *_: seen)
        yield clip, tracks


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, no keys, no consent."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "GEMINI_API_KEY", "GOOGLE_API_KEY", "CLEANPLATE_ALLOW_UPLOAD"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CLEANPLATE_REASONER_KEY", "CLEANPLATE_REASONER_MODEL"):
        monkeypatch.delenv(name, raising=False)
    # Reading the system's certificates takes most of a test's time, and no server here has any.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been slept."""
    slept: list[float] = []
    monkeypatch.setattr("cleanplate.reason.asking.chat.time.sleep", slept.append)
    return slept


@pytest.fixture(params=["openai", "gemini"])
def provider(request: pytest.FixtureRequest) -> str:
    if request.param == "gemini":
        pytest.importorskip("google.genai")
    return str(request.param)


@pytest.fixture(params=["openai", pytest.param("gemini", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest) -> str:
    """For what is the same code whoever is asked."""
    if request.param == "gemini":
        pytest.importorskip("google.genai")
    return str(request.param)


Ask = Callable[..., Reasoning]


@pytest.fixture
def ask(scene: tuple[Clip, list[Track]], tmp_path: Path) -> Ask:
    """Ask about the drawn clip."""

    def run(provider: str, server: TalkingServer, also: tuple[str, ...] = (), **settings: Any) -> Reasoning:
        clip, tracks = scene
        where = server.url if provider == "openai" else server.root
        chosen = {"url": where, "model": "a-model", "frames": 4, "side": 192} | settings
        return reasoner(provider, chosen, also).reason(clip, tracks, range(LENGTH), tmp_path, Silent())

    return run


def test_a_question_and_its_answer(ask: Ask, provider: str) -> None:
    with talking(GOOD) as server:
        found = ask(provider, server)
    assert [(t.id, t.caused_by) for t in found.affected] == [("shadow-of-the-red-box", "box")]
    assert found.affected[0].source == "a-model"
    (request,) = server.requests
    assert "authorization" not in request.headers
    pictures: list[Any] = [cv2.imdecode(np.frombuffer(data, np.uint8), 1) for data in request.pictures]
    assert len(pictures) == 5  # four frames, and the first without marks
    assert pictures[0].shape[:2] == SIZE
    assert all(max(picture.shape) <= 192 + 44 for picture in pictures)
    assert all(data.startswith(b"\xff\xd8") for data in request.pictures)
    for told in ("12 frames (0 to 11)", "8 rows (0 to 7) and 14 columns (0 to 13)", "What is removed: A (box)"):
        assert told in request.words


def test_the_schema_goes_where_it_is_understood(ask: Ask, provider: str) -> None:
    with talking(GOOD) as server:
        ask(provider, server)
    body = server.requests[0].body
    if provider == "openai":
        form = body["response_format"]
        assert form["type"] == "json_schema"
        schema = form["json_schema"]["schema"]
        assert form["json_schema"]["strict"] is True
    else:
        assert body["generationConfig"]["responseMimeType"] == "application/json"
        schema = body["generationConfig"]["responseJsonSchema"]
    assert set(schema["required"]) == {"objects", "belongings", "affected", "scene_after", "down"}


def test_things_are_asked_about_in_the_users_own_words(ask: Ask, either: str) -> None:
    with talking(GOOD) as server:
        ask(either, server, also=("the curtain", "the lamp's glow"))
        ask(either, server)
    assert "the curtain; the lamp's glow" in server.requests[0].words
    assert "in particular" not in server.requests[1].words


def test_an_answered_question_is_not_sent_again(ask: Ask, either: str) -> None:
    with talking(GOOD) as server:
        first = ask(either, server)
        assert ask(either, server) == first
        assert len(server.requests) == 1
        ask(either, server, quality=60)  # another question
        ask(either, server, model="another")
        ask(either, server, cache=False)
        assert len(server.requests) == 4
    (file, *_) = kept.folder().glob("*.json")
    assert json.loads(file.read_text("utf-8"))["text"] == GOOD.says


def test_a_damaged_answer_on_disk_is_asked_for_again(ask: Ask) -> None:
    with talking(GOOD) as server:
        ask("openai", server)
        (file,) = kept.folder().glob("*.json")
        file.write_text("{", "utf-8")
        ask("openai", server)
        assert len(server.requests) == 2


def test_an_unusable_answer_is_asked_for_once_more_with_what_is_wrong(ask: Ask, provider: str) -> None:
    with talking(Act(says("outside-grid")), GOOD) as server:
        found = ask(provider, server)
    assert len(found.affected) == 1
    first, second = server.requests
    assert "outside the grid" not in first.words
    assert "cell (8, 1) lies outside the grid of 8 rows and 14 columns" in second.words
    assert second.pictures == first.pictures
    roles = [turn["role"] for turn in second.body.get("messages") or second.body["contents"]]
    assert roles == (["system", "user", "assistant", "user"] if provider == "openai" else ["user", "model", "user"])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("outside-grid", "lies outside the grid of 8 rows and 14 columns"),
        ("outside-clip", "frame 40 of a video that ends with frame 11"),
        ("itself", "is the removed object itself"),
        ("german", "not in English"),
        ("no-json", "holds no JSON object"),
        ("silent", "is empty"),
    ],
)
def test_two_unusable_answers_are_one_error(ask: Ask, name: str, told: str) -> None:
    with talking(Act(says(name))) as server:
        with pytest.raises(ReasonerError, match="cannot be used, nor could the one before") as caught:
            ask("openai", server)
        assert len(server.requests) == 2
    assert told in str(caught.value)
    assert "--fallback physics" in caught.value.remedy
    assert not kept.folder().exists()


def test_nothing_affected_is_an_answer(ask: Ask, either: str) -> None:
    with talking(Act(says("empty"))) as server:
        assert not ask(either, server).affected
        assert len(server.requests) == 1


def test_an_answer_that_hits_the_limit_is_asked_for_more_briefly(ask: Ask, either: str) -> None:
    with talking(Act(says("cut-off"), finish="length"), GOOD) as server:
        ask(either, server)
    assert "be briefer" in server.requests[1].words


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_said_at_once(
    ask: Ask, provider: str, status: int, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANPLATE_REASONER_KEY", KEY)
    with talking(Act("Incorrect API key provided", status)) as server:
        with pytest.raises(ReasonerError, match=f"refuses the key .HTTP {status}.: Incorrect API key") as caught:
            ask(provider, server)
        assert len(server.requests) == 1
    sent = server.requests[0].headers
    assert sent["authorization" if provider == "openai" else "x-goog-api-key"].endswith(KEY)
    assert KEY not in str(caught.value)
    assert not waits


def test_a_server_that_asks_to_wait_is_obeyed(ask: Ask, provider: str, waits: list[float]) -> None:
    busy = Act("slow down", 429, {"Retry-After": "7"})
    with talking(busy, busy, GOOD) as server:
        ask(provider, server)
        assert len(server.requests) == 3
    assert waits == [7.0, 7.0]


def test_a_date_to_wait_for_is_read_by_the_servers_clock(ask: Ask, waits: list[float]) -> None:
    clock = {"Date": "Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After": "Sat, 21 Nov 2026 10:00:30 GMT"}
    with talking(Act("slow down", 503, clock), GOOD) as server:
        ask("openai", server)
    assert waits == [pytest.approx(30.0, abs=86400)]
    assert waits[0] > 0


def test_a_wait_beyond_all_patience_ends_the_asking(ask: Ask, waits: list[float]) -> None:
    with talking(Act("slow down", 429, {"Retry-After": "3600"})) as server:
        with pytest.raises(ReasonerError, match="the next try would be in 3600 s"):
            ask("openai", server)
        assert len(server.requests) == 1
    assert not waits


def test_waits_grow_and_are_the_same_in_every_run(ask: Ask, either: str, waits: list[float]) -> None:
    with talking(Act("oops", 500)) as server:
        with pytest.raises(ReasonerError, match=r"the server failed .HTTP 500.: oops .4 tries.") as caught:
            ask(either, server)
        assert len(server.requests) == 4
    assert "Try later" in caught.value.remedy
    first, second, third = waits
    assert 0.5 <= first <= 1 <= 2 * second <= 4
    assert 2 <= third <= 4
    jitter = np.random.default_rng(0)
    assert waits == [2**n * float(jitter.uniform(0.5, 1.0)) for n in range(3)]


def test_a_server_that_recovers_is_forgiven(ask: Ask, provider: str, waits: list[float]) -> None:
    with talking(Act("oops", 502), Act("oops", 500), GOOD) as server:
        assert ask(provider, server).affected
    assert len(waits) == 2


def test_an_exhausted_quota_is_not_tried_again(ask: Ask, waits: list[float]) -> None:
    with talking(Act("You exceeded your current quota", 429)) as server, pytest.raises(ReasonerError, match="quota"):
        ask("openai", server)
    assert len(server.requests) == 1
    assert not waits


def test_a_slow_server_runs_out_of_time(ask: Ask, provider: str, waits: list[float]) -> None:
    start = time.monotonic()
    with (
        talking(Act(says("shadow"), slow=20)) as server,
        pytest.raises(ReasonerError, match=r"did not answer within 0\.3 s .2 tries."),
    ):
        ask(provider, server, timeout=0.3, tries=2)
    assert time.monotonic() - start < 10
    assert len(waits) == 1


def test_a_reply_that_breaks_off_is_asked_for_again(ask: Ask, provider: str, waits: list[float]) -> None:
    with talking(Act(says("shadow"), cut=60), GOOD) as server:
        assert ask(provider, server).affected
        assert len(server.requests) == 2
    assert len(waits) == 1


@pytest.mark.parametrize("raw", [b"<html>Welcome to the hotel</html>", b'{"ok": true}', b"[]", b""])
def test_replies_of_no_protocol_are_named(ask: Ask, either: str, raw: bytes, waits: list[float]) -> None:
    with talking(Act(raw=raw)) as server, pytest.raises(ReasonerError, match=r"the server's reply is no") as caught:
        ask(either, server, tries=2)
    assert "--reasoner-url" in caught.value.remedy
    assert len(server.requests) == 2
    assert len(waits) == 1


def test_a_model_that_declines_is_not_pressed(ask: Ask, either: str, waits: list[float]) -> None:
    with talking(Act("", finish="content_filter")) as server, pytest.raises(ReasonerError, match="declines to answer"):
        ask(either, server)
    assert len(server.requests) == 1


def test_an_unknown_model_is_said(ask: Ask, either: str) -> None:
    with talking(Act("no such model", 404)) as server, pytest.raises(ReasonerError, match="knows no model 'a-model'"):
        ask(either, server)


def test_servers_that_know_less_are_asked_more_simply(ask: Ask) -> None:
    """First the schema, then JSON of any form, then plain words; the schema is in the words each time."""
    script = (Act("response_format json_schema is not supported", 400), Act("response_format: unknown", 422), GOOD)
    with talking(*script) as server:
        ask("openai", server)
    forms = [request.body.get("response_format", {}).get("type") for request in server.requests]
    assert forms == ["json_schema", "json_object", None]
    assert all('\\"scene_after\\"' in request.words for request in server.requests)


def test_parameters_that_a_server_refuses_are_left_out(ask: Ask) -> None:
    script = (
        Act("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", 400),
        Act("Unsupported value: 'temperature' does not support 0 with this model.", 400),
        GOOD,
    )
    with talking(*script) as server:
        ask("openai", server)
    first, second, third = (request.body for request in server.requests)
    assert "max_tokens" in first
    assert "max_completion_tokens" in second
    assert "temperature" in second
    assert not {"temperature", "seed", "max_tokens"} & set(third)
    assert third["response_format"]["type"] == "json_schema"


def test_a_question_beyond_the_models_context_is_said_at_once(ask: Ask) -> None:
    told = "This model's maximum context length is 8192 tokens."
    with talking(Act(told, 400)) as server, pytest.raises(ReasonerError, match="too long for the model") as caught:
        ask("openai", server)
    assert len(server.requests) == 1
    assert "max_tokens=4096" in caught.value.remedy


def test_a_bad_request_ends_when_nothing_simpler_is_left(ask: Ask) -> None:
    with talking(Act("no pictures, please", 400)) as server, pytest.raises(ReasonerError, match="no pictures, please"):
        ask("openai", server)
    assert len(server.requests) == 3


def test_redirections_are_not_followed(ask: Ask, either: str) -> None:
    with talking(GOOD) as other:
        for status in (302, 307):
            away = Act("", status, {"Location": f"{other.root}/v1/chat/completions"})
            with talking(away) as server, pytest.raises(ReasonerError):
                ask(either, server, tries=1)
        assert other.connections == 0


def test_a_server_that_is_down_is_said(ask: Ask, either: str, waits: list[float]) -> None:
    with talking(GOOD) as server:
        pass
    with pytest.raises(ReasonerError, match="cannot be reached") as caught:
        ask(either, server)
    assert "--reasoner-url" in caught.value.remedy
    assert len(waits) == 3


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are not this machine's lead to it nevertheless, so that every connection would be seen."""
    real = socket.getaddrinfo

    def found(host: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if str(name).endswith(".example") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.usefixtures("elsewhere")
def test_nothing_leaves_without_consent(ask: Ask, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket is watched: the server would be reached, and is not, until the user says so."""
    monkeypatch.setenv("CLEANPLATE_REASONER_KEY", KEY)
    with talking(GOOD) as server:
        url = f"http://vision.example:{server.port}{'/v1' if provider == 'openai' else ''}"
        with pytest.raises(ReasonerError, match=r"would be sent to vision\.example") as caught:
            ask(provider, server, url=url)
        assert server.connections == 0
        assert "5 pictures of" in caught.value.what
        assert "not encrypted" in caught.value.what
        assert "nothing was sent" in caught.value.what
        assert "--allow-upload" in caught.value.remedy
        assert "CLEANPLATE_ALLOW_UPLOAD=vision.example" in caught.value.remedy

        monkeypatch.setenv("CLEANPLATE_ALLOW_UPLOAD", "other.example")
        with pytest.raises(ReasonerError, match="would be sent"):
            ask(provider, server, url=url)
        assert server.connections == 0

        assert ask(provider, server, url=url, allow_upload=True).affected
        assert server.connections == 1


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("setting", ["vision.example", "a.example, Vision.example", "yes"])
def test_consent_may_be_a_setting(ask: Ask, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANPLATE_ALLOW_UPLOAD", setting)
    with talking(GOOD) as server:
        assert ask("openai", server, url=f"http://vision.example:{server.port}/v1").affected


@pytest.mark.usefixtures("elsewhere")
def test_a_kept_answer_needs_no_consent(ask: Ask) -> None:
    with talking(GOOD) as server:
        url = f"http://vision.example:{server.port}/v1"
        first = ask("openai", server, url=url, allow_upload=True)
        assert ask("openai", server, url=url) == first
        assert server.connections == 1


def test_a_localhost_that_is_elsewhere_needs_consent(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with talking(GOOD) as server, pytest.raises(ReasonerError, match="would be sent to localhost"):
        ask("openai", server, url=f"http://localhost:{server.port}/v1")
    assert server.connections == 0


def test_a_server_on_this_machine_is_reached_past_any_proxy(
    ask: Ask, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with talking(GOOD) as proxy, talking(GOOD) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.root)
        monkeypatch.delenv("no_proxy", raising=False)
        assert ask(provider, server).affected
        assert proxy.connections == 0


@pytest.mark.usefixtures("elsewhere")
def test_openais_key_goes_nowhere_else(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with talking(GOOD) as server:
        ask("openai", server, url=f"http://vision.example:{server.port}/v1", allow_upload=True)
        assert "authorization" not in server.requests[0].headers
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://mine.example:{server.port}/v1")
        ask("openai", server, url=None, allow_upload=True)
        assert server.requests[1].headers["authorization"] == f"Bearer {KEY}"


def test_no_key_is_said_before_anything_is_sent(ask: Ask, either: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refused)
    with talking(GOOD) as server, pytest.raises(ReasonerError, match="no key is known") as caught:
        ask(either, server, url=None, allow_upload=True)
    assert "_API_KEY" in caught.value.remedy


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"max_bytes": 1000}, "bytes, and 1,000 are allowed"),
        ({"max_input_tokens": 100}, "tokens, and 100 are allowed"),
        ({"model": "gpt-5", "url": "https://api.openai.com/v1", "max_cost": 0.001}, "and \\$0.00 are allowed"),
    ],
)
def test_budgets_hold_before_anything_is_sent(ask: Ask, settings: dict[str, Any], told: str) -> None:
    with talking(GOOD) as server, pytest.raises(ReasonerError, match=told) as caught:
        ask("openai", server, **settings)
    assert server.connections == 0
    assert "max_" in caught.value.remedy


def test_the_cost_is_told_before_the_call(scene: tuple[Clip, list[Track]], tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    clip, tracks = scene

    class Noted(Silent):
        def task(self, name: str, total: int | None = None) -> Any:
            told.append((name, server.connections))
            return super().task(name, total)

    with talking(GOOD) as server:
        part = reasoner("openai", {"url": server.url, "model": "gpt-5", "frames": 3, "side": 192})
        part.reason(clip, tracks, range(LENGTH), tmp_path, Noted())
    name, before = told[-1]
    assert name.startswith("Asking gpt-5 (4 pictures of ")
    assert "about $0.000" in name  # a server of one's own
    assert before == 0
