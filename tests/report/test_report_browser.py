"""The page in a real browser: what is drawn is what the page says it draws."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cleanplate.edit.proof import Check
from cleanplate.masks.parts import REMOVED, Part
from cleanplate.report.makers import Makers
from cleanplate.report.page import Page
from shown_page import BARS, FRAMES, LEVELS, Viewer, read_bars

pytestmark = pytest.mark.browser
Write = Callable[..., Path]


@pytest.mark.parametrize("linked", [False, True], ids=["embedded", "linked"])
def test_every_frame_is_shown_exactly(viewer: Viewer, written: Write, linked: bool) -> None:
    viewer.open(written(linked=linked))
    viewer.press("2")
    assert (viewer.frame, viewer.number) == (20, 20)
    viewer.press("Home")
    seen = [(viewer.frame, viewer.number)]
    for _ in range(18):
        viewer.press("ArrowRight")
        seen.append((viewer.frame, viewer.number))
    assert seen == [(n, n) for n in range(19)], "over more than two groups of pictures"


def test_stepping_back_by_ten_and_to_the_ends(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    viewer.press("2")
    for keys, wanted in (
        (["End"], FRAMES - 1),
        (["ArrowLeft"], FRAMES - 2),
        (["Shift+ArrowLeft"], FRAMES - 12),
        (["ArrowRight"] * 7, FRAMES - 5),
        (["Shift+ArrowRight"], FRAMES - 1),
        (["Home", "ArrowLeft"], 0),
    ):
        viewer.press(*keys)
        assert (viewer.frame, viewer.number) == (wanted, wanted)


def test_scrubbing_shows_the_frame_under_the_pointer(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    viewer.press("2")
    box = viewer.tab.locator("#scrub").bounding_box()
    for wanted in (41, 7, 59):
        viewer.tab.mouse.click(box["x"] + (wanted + 0.5) / FRAMES * box["width"], box["y"] + 30)
        viewer.settle()
        assert (viewer.frame, viewer.number) == (wanted, wanted)


@pytest.mark.parametrize("linked", [False, True], ids=["embedded", "linked"])
def test_playing_moves_on_and_stops_on_the_frame_it_names(viewer: Viewer, written: Write, linked: bool) -> None:
    viewer.open(written(linked=linked))
    viewer.press("2", "Home")
    for _ in range(3):
        before = viewer.frame
        viewer.tab.keyboard.press("Space")
        viewer.tab.wait_for_timeout(400)
        viewer.press("Space")
        assert viewer.frame != before
        assert viewer.number == viewer.frame


def test_the_wipe_divides_before_from_after(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    box = viewer.tab.locator("#canvas").bounding_box()
    viewer.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    viewer.tab.mouse.down()
    for split in (2, 6, 4):
        viewer.tab.mouse.move(box["x"] + box["width"] * split / BARS, box["y"] + 90)
        picture = viewer.picture
        number = viewer.frame
        assert read_bars(picture, range(split)) == number >> (BARS - split)
        assert read_bars(picture, range(split, BARS)) == (255 - number) & (2 ** (BARS - split) - 1)
    viewer.tab.mouse.up()


def test_the_wipe_follows_the_keyboard(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    handle = viewer.tab.locator("#handle")
    viewer.press("[", "[")
    assert handle.get_attribute("aria-valuenow") == "40"
    handle.focus()
    viewer.press("End")
    assert (viewer.number, viewer.frame) == (20, 20)
    viewer.press("Home")
    assert viewer.number == 235
    viewer.press("ArrowRight")
    assert (handle.get_attribute("aria-valuenow"), viewer.frame) == ("2", 20)


def test_every_view_shows_its_own_part(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    for key, name in (("4", "layer"), ("5", "matte"), ("6", "quadmask"), ("7", "difference")):
        viewer.press(key)
        upper = viewer.picture[2:300, 2:-2].astype(int)
        assert np.abs(upper - LEVELS[name]).max() <= 2, name
        assert viewer.tab.locator(f"[data-view={name}]").get_attribute("aria-pressed") == "true"
    viewer.press("3")
    assert viewer.number == 255 - 20
    viewer.tab.keyboard.down("b")
    assert viewer.number == 20
    viewer.tab.keyboard.up("b")
    assert viewer.number == 255 - 20


def test_zoom_shows_the_edit(viewer: Viewer, written: Write, page_of: Page) -> None:
    player = replace(page_of.player, window=(0.1, 0.1, 0.25, 0.25), opening=0b01010101 % FRAMES)
    viewer.open(written(player=player))
    viewer.press("2", "z")
    row = viewer.picture[60].mean(axis=1)
    level = np.unpackbits(np.array([viewer.frame], dtype=np.uint8)) * 255
    middle = 0.1 + 0.25 * (np.arange(row.size) + 0.5) / row.size
    expected = level[np.floor(middle * BARS).astype(int)]
    edges = np.abs(middle * BARS - np.rint(middle * BARS)) < 0.1
    assert np.abs(row - expected)[~edges].max() < 25


def test_zooming_leaves_the_wipe_on_its_place(viewer: Viewer, written: Write, page_of: Page) -> None:
    viewer.open(written(player=replace(page_of.player, window=(0.25, 0.25, 0.5, 0.5), wipe=0.6)))
    handle = viewer.tab.locator("#handle")
    viewer.press("z")
    assert handle.get_attribute("aria-valuenow") == "70"
    viewer.press("z")
    assert handle.get_attribute("aria-valuenow") == "60"


def test_close_ups_are_used_where_there_are_some(viewer: Viewer, written: Write, page_of: Page) -> None:
    """A sheet without them stands in: its layer is drawn where the close-up would be."""
    player = replace(page_of.player, window=(0.25, 0.25, 0.5, 0.5))
    path = written(player=player)
    text = path.read_text(encoding="utf-8")
    layer = json.loads(re.search(r'"tiles":(\{.*?\})', text).group(1))["layer"]  # type: ignore[union-attr]
    path.write_text(text.replace('"tiles":{', f'"tiles":{{"before_close":{json.dumps(layer)},'), encoding="utf-8")
    viewer.open(path)
    viewer.press("2")
    assert viewer.number == viewer.frame
    viewer.press("z")
    assert np.abs(viewer.picture[2:300, 2:-2].astype(int) - LEVELS["layer"]).max() <= 2


def test_a_long_clip_jumps_from_edit_to_edit(viewer: Viewer, written: Write, page_of: Page) -> None:
    player = replace(page_of.player, shown=((10, 40), (100, 130)), frames=500, opening=29)
    viewer.open(written(player=player))
    assert viewer.frame == 39
    viewer.press("ArrowRight")
    assert viewer.frame == 100
    assert viewer.tab.locator("#overview").is_visible()
    viewer.press("2")
    assert viewer.number == 30


def test_things_lead_to_their_first_frame(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    viewer.press("2")
    viewer.tab.locator("[data-jump='12']").click()
    viewer.settle()
    assert (viewer.frame, viewer.number) == (12, 12)
    viewer.tab.locator(".lane.shadow button").click()
    viewer.settle()
    assert (viewer.frame, viewer.number) == (4, 4)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_hangs_over_the_side(viewer: Viewer, written: Write, width: int) -> None:
    viewer.tab.set_viewport_size({"width": width, "height": 844})
    viewer.open(written(title="a_very_long_name_without_a_single_space_" * 5))
    assert viewer.tab.evaluate("document.documentElement.scrollWidth") == width
    canvas = viewer.tab.locator("#canvas").bounding_box()
    assert abs(canvas["width"] / canvas["height"] - 16 / 9) < 0.02


HOSTILE = "</script><script>window.taken=1</script><img src=x onerror='window.taken=1'>\"'&amp;\u202e\x00${title}"


def test_hostile_names_stay_text(viewer: Viewer, written: Write, page_of: Page) -> None:
    assert page_of.reasoning is not None
    thing = page_of.reasoning.affected[0].model_copy(update={"name": HOSTILE, "why": HOSTILE, "source": HOSTILE})
    document = page_of.reasoning.model_copy(
        update={"affected": (thing,), "scene_after": HOSTILE, "removed": (HOSTILE,)}
    )
    assert page_of.proof is not None
    proof = page_of.proof.model_copy(update={"checks": (Check(name=HOSTILE, passed=False, detail=HOSTILE),)})
    changes = dict.fromkeys(("warnings", "notes", "chips"), (HOSTILE,))
    pairs = dict.fromkeys(("figures", "facts"), ((HOSTILE, HOSTILE),))
    viewer.open(
        written(title=HOSTILE, reasoning=document, proof=proof, quadmask=False, footer=HOSTILE, **changes, **pairs)
    )
    assert viewer.tab.evaluate("window.taken === undefined")
    assert "<script>window.taken=1</script>" in viewer.tab.locator("h1").inner_text()
    assert viewer.tab.locator(".lane button").inner_text().startswith("</script>")
    assert viewer.tab.locator("img[src=x]").count() == 0


def test_every_control_has_a_name_and_shows_its_focus(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    unnamed = viewer.tab.evaluate(
        """() => [...document.querySelectorAll("button, select, a, [role=slider]")]
            .filter((e) => !(e.innerText.trim() || e.getAttribute("aria-label") || e.labels?.length))
            .map((e) => e.id)"""
    )
    assert unnamed == []
    reached = set()
    for _ in range(40):
        viewer.tab.keyboard.press("Tab")
        reached.add(viewer.tab.evaluate("document.activeElement.id"))
    assert {"play", "handle", "scrub", "loop", "pace", "help", "zoom"} <= reached


def test_help_opens_and_closes(viewer: Viewer, written: Write) -> None:
    viewer.open(written())
    viewer.press("?")
    assert viewer.tab.locator("#keys").is_visible()
    viewer.press("Escape")
    assert not viewer.tab.locator("#keys").is_visible()


def test_a_missing_video_is_said_on_the_page(browser: object, written: Write, tmp_path: Path) -> None:
    path = written(linked=True)
    (tmp_path / "report/views.mp4").unlink()
    tab = browser.new_page()  # type: ignore[attr-defined]
    tab.goto(path.as_uri())
    tab.wait_for_selector("#trouble:not([hidden])")
    assert "report/views.mp4" in tab.locator("#trouble").inner_text()
    tab.close()


def test_pointing_names_who_made_the_region(viewer: Viewer, written: Write, page_of: Page) -> None:
    height, width = page_of.player.sheet.coded
    left, right = np.zeros((2, height, width), np.bool_)
    left[:, : width // 2], right[:, width // 2 :] = True, True
    parts = (Part("ball", "ball", REMOVED, "", "ball"), Part("s", "<shadow>", "shadow", "ball", "ball"))
    makers = Makers(parts, page_of.player.sheet)
    for n in range(FRAMES):
        makers.add({"ball": left, "s": right} if n < FRAMES // 2 else {"ball": left & False})
    viewer.open(written(makers=makers))
    who, box = viewer.tab.locator("#who"), viewer.tab.locator("#canvas").bounding_box()

    def pointed(share: float) -> str | None:
        viewer.tab.mouse.move(box["x"] + share * box["width"], box["y"] + 0.3 * box["height"])
        return who.text_content() if who.is_visible() else None

    for keys in (["2"], ["9"], ["2", "z"]):
        viewer.press(*keys)
        assert [pointed(share) for share in (0.2, 0.8)] == ["ball (removed)", "<shadow> (because of ball)"], keys
    assert viewer.tab.locator("#makers").is_hidden()
    viewer.press("9", "End")
    assert pointed(0.2) is None
    assert viewer.tab.locator("#makers").inner_text().split("\n") == ["ball (removed)", "<shadow> (because of ball)"]
