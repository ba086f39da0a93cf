"""The contact sheet: what it holds, and in a real browser, that it plays without asking anybody for anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from format_samples import FRAMES, HEIGHT, VERA_RECORD, VOID_METADATA, WIDTH, labels, vera_frames, void_frames
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError
from cleanplate.report.sheet import LABEL_COLOURS
from cleanplate.worlds.cards import cards, over_picture
from cleanplate.worlds.findings import Layout
from cleanplate.worlds.formats.metadata import VoidMetadata
from cleanplate.worlds.formats.shards import folder_samples, write_shards
from cleanplate.worlds.formats.vera_layout import VeraWriter
from cleanplate.worlds.formats.void_layout import VoidFrame, VoidWriter, scan
from cleanplate.worlds.inspect import inspect

NASTY = VOID_METADATA.model_copy(update={"instruction": "</script><b>& 'x' \"y\"", "family": "pile"})


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Eight samples in a folder with an awkward name; the last one is broken."""
    folder = tmp_path / "my pairs #1 é"
    for seed in range(8):
        VoidWriter(folder).write(f"s{seed}", void_frames(seed), NASTY if seed == 1 else VOID_METADATA)
    (folder / "s7/mask.mkv").write_bytes(b"no video")
    return folder


def layered(folder: Path) -> Path:
    writer = VeraWriter(folder, "obj-add")
    writer.write("a", vera_frames(), Fraction(16), VERA_RECORD)
    writer.write_lines()
    return folder


def test_the_page_holds_every_sample_and_its_videos_every_frame(pairs: Path) -> None:
    page = inspect(pairs).read_text(encoding="utf-8")
    assert page.count("<article") == 8
    assert page.count("data-src=") == 7
    assert "</script><b>" not in page.split("<main")[1].split("</main>")[0]
    videos = sorted((pairs / "inspect_files").iterdir())
    assert [video.name for video in videos] == [f"{n:05d}.mp4" for n in range(7)]
    with av.open(str(videos[0])) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
        assert file.streams.video[0].average_rate == 12
    assert len(frames) == FRAMES
    assert frames[0].shape == (HEIGHT, 2 * (WIDTH + 4) + WIDTH, 3), "three views abreast, four pixels apart"


def test_a_second_page_replaces_the_first_and_is_the_same(pairs: Path) -> None:
    first = inspect(pairs).read_bytes()
    (pairs / "inspect_files/old.mp4").write_bytes(b"")
    assert inspect(pairs).read_bytes() == first
    assert not (pairs / "inspect_files/old.mp4").exists()
    limited = inspect(pairs, pairs.parent / "few.html", limit=2)
    assert limited.read_text().count("<article") == 2
    assert len(list((pairs.parent / "few_files").iterdir())) == 2


def test_layers_and_shards_are_shown(pairs: Path, tmp_path: Path) -> None:
    page = inspect(layered(tmp_path / "vera")).read_text()
    for word in ("Before", "After", "Layer", "Matte", "Must stay"):
        assert f"<span>{word}</span>" in page
    write_shards(folder_samples(sample.folder for sample in scan(pairs)), tmp_path / "out", per_shard=3)
    page = inspect(tmp_path / "out").read_text()
    assert page.count("data-src=") == 7
    assert page.count("<span>Quadmask</span>") == 7


def test_a_broken_line_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    lines = layered(tmp_path) / "obj-add.jsonl"
    good = lines.read_text()
    lines.write_text("{no json\n" + good + '{"edit_instruction": "no clip"}\n')
    page = inspect(tmp_path).read_text()
    assert (page.count("<article"), page.count("data-src=")) == (3, 1)
    for number in (1, 3):
        assert f"<h2>obj-add.jsonl:{number}</h2>" in page
    assert page.count("This line is no record of a layered clip") == 2


def test_the_quadmask_is_drawn_in_its_colours() -> None:
    mask, grey = labels(0), np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    drawn = over_picture(mask, grey)
    assert (drawn[mask == 255] == 35).all()
    for label in (0, 63, 127):
        wanted = np.array(LABEL_COLOURS[label]) * 0.75 + 35 * 0.25
        assert np.abs(drawn[mask == label] - wanted).max() <= 0.51


def test_nothing_to_show_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no data set"):
        inspect(tmp_path)
    assert list(tmp_path.iterdir()) == []


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["worlds", *map(str, arguments)])


def test_the_commands(pairs: Path, tmp_path: Path) -> None:
    done = run("validate", pairs)
    assert done.exit_code == 3
    assert "s7/mask.mkv: unreadable file:" in done.stdout
    done = run("validate", pairs, "--json")
    assert done.exit_code == 3
    document = json.loads(done.stdout)
    assert (document["valid"], document["samples"]) == (False, 8)
    assert [found["file"] for found in document["findings"]] == ["s7/mask.mkv"]
    shutil.rmtree(pairs / "s7")
    done = run("validate", pairs)
    assert (done.exit_code, "Nothing is wrong: 7 samples, 21 clips." in done.stdout) == (0, True)
    done = run("inspect", pairs, "--out", tmp_path / "page.html", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"page": str(tmp_path / "page.html")})
    assert run("inspect", tmp_path / "nothing").exit_code == 3


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A fresh tab whose console must stay empty and which may ask nobody for anything."""
    page = browser.new_page(viewport={"width": 1440, "height": 700})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url))
    yield page
    page.close()
    assert complaints == []


PLAYS = "v => !v.paused && v.readyState >= 2 && v.videoWidth > 0"
IDLE = "v => v.paused && !v.hasAttribute('src')"


def playing(tab: Any, sample: int, state: str = PLAYS) -> None:
    """Waits until the video of a sample does so."""
    script = f"() => ({state})(document.querySelectorAll('video')[{sample}])"
    tab.wait_for_function(script, timeout=10_000)


@pytest.mark.browser
def test_it_plays_what_is_in_view_and_lets_go_of_the_rest(tab: Any, tmp_path: Path) -> None:
    def still(seed: int) -> Iterator[VoidFrame]:
        for frame in void_frames(seed, count=24):
            yield VoidFrame(np.full_like(frame.rgb_full, 40 * seed % 255), frame.rgb_removed, frame.mask)

    for seed in range(20):
        VoidWriter(tmp_path / "many é").write(f"s{seed:02d}", still(seed), VoidMetadata(rate=12, instruction="Remove."))
    tab.goto(inspect(tmp_path / "many é").as_uri())
    playing(tab, 0)
    playing(tab, 19, IDLE)
    tab.locator("article").nth(19).scroll_into_view_if_needed()
    playing(tab, 19)
    playing(tab, 0, IDLE)
    tab.locator("#play").click()
    playing(tab, 19, "v => v.paused")
    tab.locator(".stage").nth(19).hover()
    playing(tab, 19)
    tab.locator("#speed").select_option("0.25")
    playing(tab, 19, "v => v.playbackRate === 0.25")
    tab.locator(".stage").nth(18).hover()
    playing(tab, 19, "v => v.paused")


@pytest.mark.browser
def test_it_finds_and_enlarges(tab: Any, pairs: Path) -> None:
    tab.goto(inspect(pairs).as_uri())
    assert tab.locator("article").nth(7).locator(".trouble").is_visible()
    assert tab.locator(".sentence").nth(1).inner_text() == NASTY.instruction
    tab.locator("#kind").select_option("pile")
    assert tab.locator("article:visible").count() == 1
    assert tab.locator("#count").inner_text() == "1 of 8 samples"
    tab.locator("#kind").select_option("")
    tab.locator("#search").fill("S5 red")
    assert tab.locator("article:visible h2").all_inner_texts() == ["s5"]
    tab.locator("#search").fill("nowhere")
    assert tab.locator("#none").is_visible()
    tab.locator("#search").fill("")
    small = tab.locator("article").nth(0).bounding_box()["width"]
    tab.locator(".stage").nth(0).click()
    assert tab.locator("article").nth(0).bounding_box()["width"] > 1.5 * small
    for label, video in zip(tab.locator(".tags").nth(0).locator("span").all(), range(3), strict=True):
        box, stage = label.bounding_box(), tab.locator(".stage").nth(0).bounding_box()
        assert int(3 * (box["x"] - stage["x"]) / stage["width"]) == video, "each label under its view"
    for width in (380, 1440):
        tab.set_viewport_size({"width": width, "height": 700})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, "nothing runs off the side"


def test_large_pictures_are_shrunk_and_masks_keep_their_labels(tmp_path: Path) -> None:
    def large() -> Iterator[VoidFrame]:
        for frame in void_frames():
            full, removed, mask = (
                np.kron(array, np.ones((10, 10) + (1,) * (array.ndim - 2), np.uint8))
                for array in (frame.rgb_full, frame.rgb_removed, frame.mask)
            )
            yield VoidFrame(full, removed, mask)

    VoidWriter(tmp_path).write("large", large(), VOID_METADATA)
    (card,) = cards(tmp_path, Layout.VOID)
    (views, *_) = card.views()
    assert {view.shape for view in views.values()} == {(round(HEIGHT * 320 / WIDTH), 320, 3)}
    with av.open(str(inspect(tmp_path).with_name("inspect_files") / "00000.mp4")) as file:
        assert file.streams.video[0].width == 3 * 320 + 2 * 4
