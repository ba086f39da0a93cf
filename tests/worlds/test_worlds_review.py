"""The review page in a real browser, and the server that keeps what is decided there to itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from format_samples import FRAMES, VERA_RECORD, vera_frames
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError, ResourceError
from cleanplate.worlds.formats.vera_layout import VeraWriter
from cleanplate.worlds.harvest.decisions import candidates, read_decisions
from cleanplate.worlds.harvest.review_page import write_page
from cleanplate.worlds.harvest.review_server import Desk, ReviewServer

NASTY = "</script><b>& 'x' \"y\""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A harvest of three candidates in a folder with an awkward name; what the last one calls itself is awkward too."""
    folder = tmp_path / "my harvest #1 é"
    writer = VeraWriter(folder / "candidates", "single-object-obj-add")
    for number in range(3):
        facts = {"seen": 0.2 if number else 0.9, "warnings": "The thing may be lost." if number == 1 else ""}
        record = {**VERA_RECORD, "subject_type": NASTY if number == 2 else f"thing {number}", "metadata": facts}
        writer.write(f"{number:012d}", vera_frames(number), Fraction(12), record)
    return folder


NAMES = tuple(f"{number:012d}" for number in range(3))


def test_the_page_holds_every_candidate_and_is_the_same_again(out: Path) -> None:
    page = write_page(out).read_text(encoding="utf-8")
    assert page.count("<article") == page.count("data-src=") == 3
    assert NASTY not in page
    assert page.count("was never filmed") == 2
    assert page.count("<li>The thing may be lost.</li>") == 1
    assert "<dd>90.0 %</dd>" in page
    assert f"{FRAMES} frames, 12 fps" in page
    assert write_page(out).read_text(encoding="utf-8") == page


def test_a_broken_candidate_is_shown_as_one(out: Path) -> None:
    next((candidates(out)[1].folder).glob("*_edit_alpha.mkv")).write_bytes(b"no video")
    page = write_page(out).read_text(encoding="utf-8")
    assert (page.count("<article"), page.count("data-src="), page.count('class="trouble"')) == (3, 2, 1)
    with pytest.raises(InputError, match="no candidates"):
        write_page(out.parent)


@pytest.fixture
def server(out: Path) -> Iterator[ReviewServer]:
    write_page(out)
    with ReviewServer(Desk.of(out)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def ask(
    server: ReviewServer, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, bytes, Any]:
    """(status, body, headers) of a request to the server, whatever its Host header says."""
    url = f"http://127.0.0.1:{server.server_address[1]}{path}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def put(server: ReviewServer, body: bytes, **headers: str) -> int:
    known = {"Origin": f"http://{server.host}", "Content_Type": "application/json"} | headers
    path = f"/{server.desk.token}/decisions.json"
    return ask(server, path, method="PUT", body=body, **known)[0]


def test_it_listens_to_this_machine_alone_under_a_secret(server: ReviewServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    token = server.desk.token
    assert len(token) >= 24
    assert Desk.of(server.desk.out).token != token
    status, body, headers = ask(server, f"/{token}/review.html")
    assert (status, b"<article" in body) == (200, True)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    for path in ("/", "/review.html", f"/{token[:-1]}/review.html", f"/{token}x/review.html", "//review.html"):
        assert ask(server, path)[0] == 404, path


def test_only_the_page_its_videos_and_the_decisions_are_given(server: ReviewServer, out: Path) -> None:
    (out / "review_files/secret.txt").write_text("secret")
    (out.parent / "secret.html").write_text("secret")
    good = f"/{server.desk.token}"
    assert ask(server, f"{good}/review_files/00002.mp4")[0] == 200
    assert json.loads(ask(server, f"{good}/decisions.json")[1]) == {"version": 1, "decisions": {}}
    for name in (
        *(
            "",
            "candidates",
            "review_files/",
            "review_files/secret.txt",
            "../secret.html",
            "review_files/../review.html",
        ),
        *("%2e%2e/secret.html", "review.html/", "review.html?x=1", "./review.html", "/etc/passwd"),
    ):
        status, body, _ = ask(server, f"{good}/{name}")
        assert (status, b"secret" in body) == (404, False), name
    for method in ("POST", "DELETE", "OPTIONS", "HEAD"):
        assert ask(server, f"{good}/review.html", method=method)[0] == 501


def test_players_may_ask_for_parts(server: ReviewServer, out: Path) -> None:
    whole = (out / "review_files/00000.mp4").read_bytes()
    path = f"/{server.desk.token}/review_files/00000.mp4"
    for asked, part in (("bytes=0-", whole), ("bytes=10-19", whole[10:20]), (f"bytes=5-{10**9}", whole[5:])):
        status, body, headers = ask(server, path, Range=asked)
        assert (status, body) == (206, part)
        assert headers["Content-Range"].endswith(f"/{len(whole)}")
    assert ask(server, path, Range=f"bytes={len(whole)}-")[0] == 416


def test_other_sites_get_nothing_and_change_nothing(server: ReviewServer, out: Path) -> None:
    page, good = f"/{server.desk.token}/review.html", json.dumps({"decisions": {NAMES[0]: "accept"}}).encode()
    port = server.server_address[1]
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"localhost:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port}.evil.example",
    ):
        assert ask(server, page, Host=host)[0] == 403, "a name that was bent to this machine"
        assert put(server, good, Host=host) == 403
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"):
        assert ask(server, page, Origin=origin)[0] == 403
        assert put(server, good, Origin=origin) == 403
    assert ask(server, f"/{server.desk.token}/decisions.json", method="PUT", body=good)[0] == 403, "no origin at all"
    assert put(server, good, Content_Type="text/plain") == 415, "what a form could send"
    assert not (out / "decisions.json").exists()


@pytest.mark.parametrize("body", ["", "{", "[]", '{"decisions": {"nobody": "accept"}}', '{"decisions": {"x": 1}}'])
def test_what_is_no_decision_changes_nothing(server: ReviewServer, out: Path, body: str) -> None:
    assert put(server, json.dumps({"decisions": {NAMES[0]: "accept"}}).encode()) == 200
    before = (out / "decisions.json").read_bytes()
    assert put(server, body.encode()) == 400
    assert (out / "decisions.json").read_bytes() == before
    assert (
        ask(server, f"/{server.desk.token}/other.json", method="PUT", body=b"{}", Origin=f"http://{server.host}")[0]
        == 404
    )


def test_a_port_that_is_taken_is_told(server: ReviewServer) -> None:
    with pytest.raises(ResourceError, match="port"):
        ReviewServer(server.desk, server.server_address[1])


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interruption_ends_the_server_and_keeps_what_was_decided(out: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from cleanplate.cli.main import run; run()",
        "worlds",
        "review",
        str(out),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = json.loads(running.stdout.readline())["address"]
        body = json.dumps({"decisions": {NAMES[1]: "reject"}}).encode()
        origin = "/".join(address.split("/")[:3])
        request = urllib.request.Request(
            address.replace("review.html", "decisions.json"),
            body,
            {"Origin": origin, "Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 0
    assert read_decisions(out / "decisions.json").decisions == {NAMES[1]: "reject"}


class Tab:
    """A tab of the browser, and what went wrong in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._watch)

    def cut_off(self) -> None:
        """Nothing is fetched any more. (Of requests that a route aborts one in some thirty comes through.)"""
        self.page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('Failed to fetch')); }")

    def _watch(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:")):
            self.complaints.append(request.url)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector("html[data-settled=yes]", timeout=10_000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def current(self) -> str:
        return str(self.page.get_attribute("html", "data-current"))

    def plays(self, number: int, *, moving: bool = True) -> None:
        """Waits until the video of a candidate does so."""
        state = "!v.paused && v.videoWidth > 0 && v.currentTime > 0" if moving else "v.paused"
        script = f"() => {{ const v = document.querySelectorAll('video')[{number}]; return {state}; }}"
        self.page.wait_for_function(script, timeout=10_000)

    def says(self, words: str) -> None:
        self.page.wait_for_function(
            "words => document.getElementById('saved').textContent.startsWith(words)", arg=words, timeout=10_000
        )


@pytest.fixture
def tab(browser: Any) -> Iterator[Tab]:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    watched = Tab(page)
    yield watched
    page.close()
    assert watched.complaints == []


@pytest.mark.browser
def test_keys_decide_and_verdicts_arrive(tab: Tab, server: ReviewServer, out: Path) -> None:
    tab.open(server.address)
    assert tab.current == NAMES[0]
    tab.plays(0)
    tab.press("a")
    assert tab.current == NAMES[1], "on to the next that is undecided"
    tab.plays(1)
    tab.press("r")
    tab.says("Saved")
    assert read_decisions(out / "decisions.json").decisions == {NAMES[0]: "accept", NAMES[1]: "reject"}
    assert tab.page.locator("#count").inner_text() == "1 accepted, 1 rejected, 1 undecided"
    tab.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert tab.current == NAMES[0]
    tab.press("u", "ArrowRight", "ArrowDown", "A")
    tab.says("Saved")
    assert tab.current == NAMES[2], "the last one stays"
    decided = {NAMES[1]: "reject", NAMES[2]: "accept"}
    assert read_decisions(out / "decisions.json").decisions == decided
    tab.press(" ")
    tab.plays(2, moving=False)
    tab.open(server.address)
    assert tab.current == NAMES[0], "it begins where nothing is decided, with what was decided before"
    assert tab.page.locator("#list [data-verdict=accept]").count() == 1


@pytest.mark.browser
def test_buttons_do_what_keys_do(tab: Tab, server: ReviewServer, out: Path) -> None:
    tab.open(server.address)
    tab.page.locator("#list button").nth(2).click()
    assert tab.current == NAMES[2]
    tab.plays(2)
    assert tab.page.locator("article:visible h2").inner_text() == NASTY
    tab.page.locator(".stage").nth(2).click()
    tab.plays(2, moving=False)
    tab.page.locator("[data-verdict=reject]", has_text="Reject").click()
    tab.says("Saved")
    assert read_decisions(out / "decisions.json").decisions == {NAMES[2]: "reject"}
    for width in (380, 1440):
        tab.page.set_viewport_size({"width": width, "height": 800})
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, "nothing runs off the side"


@pytest.mark.browser
def test_a_server_that_has_gone_is_told(tab: Tab, server: ReviewServer) -> None:
    tab.open(server.address)
    tab.cut_off()
    tab.press("a")
    tab.says("Not saved: Failed to fetch")


@pytest.mark.browser
def test_the_page_by_itself_saves_a_file(tab: Tab, out: Path, tmp_path: Path) -> None:
    tab.open(write_page(out).as_uri())
    tab.plays(0)
    tab.press("a", "r")
    tab.says("Not saved yet")
    with tab.page.expect_download() as download:
        tab.page.locator("#save").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.name == "decisions.json"
    assert read_decisions(saved).decisions == {NAMES[0]: "accept", NAMES[1]: "reject"}
    done = CliRunner().invoke(app, ["worlds", "accept", str(out), "--decisions", str(saved), "--json"])
    assert json.loads(done.stdout)["accepted"] == 1
    (out / "decisions.json").write_bytes(saved.read_bytes())
    tab.open(write_page(out).as_uri())
    assert tab.current == NAMES[2], "the page remembers what was saved"
