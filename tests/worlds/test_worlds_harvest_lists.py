"""Lists of what to harvest: read as people write them, refused at the door with their line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cleanplate.errors import InputError, UsageError
from cleanplate.masks.selection import Box, Click, Selection, Stroke
from cleanplate.media.clip import Clip
from cleanplate.worlds.harvest.plate import Cut, on_plate
from cleanplate.worlds.harvest.rows import read_rows
from cleanplate.worlds.harvest.run import Asked, wanted_of
from cleanplate.worlds.harvest.wanted import Defaults, grow_for
from drawn_clips import FRAMES, HEIGHT, WIDTH, picture, write_binary, write_video

SMALL = Defaults(height=24, length=49)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place: Path = tmp_path_factory.mktemp("lists")
    write_video(place / "plate.mkv", map(picture, range(FRAMES)), "ffv1", "yuv444p", {})
    write_binary(place / "mask.mkv", range(FRAMES))
    write_binary(place / "short.mkv", range(FRAMES - 2))
    return place


def rows_of(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "list.jsonl"
    path.write_text("\n\n".join(json.dumps({"clip": "plate.mkv", "noun": "red box"} | row) for row in rows))
    return path


def test_rows_are_read_as_the_options_of_remove_are_written(folder: Path) -> None:
    path = rows_of(
        folder,
        {"click": "10,20; 11,21@2-", "stroke": "1,2 3,4:2@0.04s", "start": 1, "length": 3, "grow": 2, "height": 32},
        {"box": ["1,2,30,40"]},
        {"mask": "mask.mkv"},
    )
    first, second, third = read_rows([path], SMALL)
    assert first.selection == Selection(
        name="red box",
        clicks=(Click(x=10, y=20, frame=1), Click(x=11, y=21, frame=2, positive=False)),
        strokes=(Stroke(points=((1, 2), (3, 4)), radius=2, frame=1),),
    )
    assert (first.cut, first.grow) == (Cut(range(1, 4), (32, round(32 * WIDTH / HEIGHT / 2) * 2)), 2)
    assert second.selection is not None
    assert second.selection.boxes == (Box(x0=1, y0=2, x1=30, y1=40),)
    assert (second.cut.frames, second.cut.size[0], second.grow) == (range(FRAMES), 24, grow_for(second.cut.size[1]))
    assert (third.selection, third.mask) == (None, folder / "mask.mkv")
    assert first.where == f"{path}:1"
    assert third.where == f"{path}:5", "empty lines count"
    assert len({one.key for one in (first, second, third)}) == 3


def test_csv_says_the_same(folder: Path) -> None:
    table = 'clip,noun,click,mask,length\nplate.mkv,red box,"10,20;11,21@2-",,3\nplate.mkv,red box,,mask.mkv,\n'
    (folder / "list.csv").write_text("\ufeff" + table)
    other = rows_of(folder, {"click": ["10,20", "11,21@2-"], "length": 3}, {"mask": "mask.mkv"})
    a, b = read_rows([folder / "list.csv"], SMALL), read_rows([other], SMALL)
    assert [one.key for one in a] == [one.key for one in b]
    assert [one.where.rpartition(":")[2] for one in a] == ["2", "3"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no clip": ({"clip": "none.mkv", "click": "1,1"}, "none.mkv"),
    "no noun": ({"noun": "", "click": "1,1"}, "noun"),
    "a noun of two lines": ({"noun": "a\nb", "click": "1,1"}, "noun"),
    "an unknown field": ({"click": "1,1", "boxes": "1"}, "boxes"),
    "a click that is none": ({"click": "1;1"}, "'1' is no click"),
    "a click outside": ({"click": f"{WIDTH},1"}, "outside the picture"),
    "a click on a frame that is left out": ({"click": "1,1@5", "length": 3}, "frame 5"),
    "nothing pointed at": ({}, "say what to harvest"),
    "two ways at once": ({"click": "1,1", "mask": "mask.mkv"}, "say what to harvest"),
    "a mask of another length": ({"mask": "short.mkv"}, f"{FRAMES - 2} frames"),
    "frames beyond the end": ({"click": "1,1", "start": "2", "length": FRAMES}, f"0 to {FRAMES - 1}"),
    "an odd height": ({"click": "1,1", "height": 33}, "height of 33"),
    "larger than filmed": ({"click": "1,1", "height": HEIGHT + 2}, "height of 50"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_row_that_cannot_be_used_is_named(folder: Path, wrong: str) -> None:
    row, told = WRONG[wrong]
    path = rows_of(folder, {"mask": "mask.mkv"}, row)
    with pytest.raises(InputError, match=r"list\.jsonl:3: ") as refused:
        read_rows([path], SMALL)
    assert told in str(refused.value)


def test_all_wrong_rows_are_told_at_once(folder: Path) -> None:
    path = rows_of(folder, {"clip": "a"}, {"mask": "mask.mkv"}, {"clip": "b"}, {"mask": "mask.mkv"})
    with pytest.raises(InputError) as refused:
        read_rows([path], SMALL)
    assert refused.value.where == f"{path}:1"
    assert f"{path}:5, {path}:7" in refused.value.remedy, "the fourth asks for the same as the second"


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00"])
def test_what_is_no_list_is_refused(folder: Path, text: str) -> None:
    path = folder / "broken.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=r"broken\.jsonl"):
        read_rows([path], SMALL)
    with pytest.raises(InputError, match="cannot be read"):
        read_rows([folder / "none.csv"], SMALL)


def test_one_clip_needs_a_noun_and_lists_bear_no_clicks(folder: Path) -> None:
    clip, path = str(folder / "plate.mkv"), str(rows_of(folder, {"mask": "mask.mkv"}))
    (one,) = wanted_of(Asked((clip,), {"noun": "red box", "click": ["10,20"]}, defaults=SMALL))
    assert one.noun == "red box"
    wrong: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        ((clip,), {"click": ["1,1"]}),
        ((clip, clip), {"noun": "x"}),
        ((clip, path), {"noun": "x"}),
        ((path,), {"click": ["1,1"]}),
    ]
    for sources, direct in wrong:
        with pytest.raises(UsageError):
            wanted_of(Asked(sources, direct, defaults=SMALL))


def test_points_go_where_the_picture_goes(folder: Path) -> None:
    """Middles of pixels: half the size, one frame later."""
    with Clip.open(folder / "plate.mkv") as clip:
        pointed = Selection(clicks=(Click(x=21, y=31, frame=2),), boxes=(Box(x0=0, y0=0, x1=64, y1=48, frame=1),))
        moved = on_plate(pointed, clip.info, Cut(range(1, 5), (HEIGHT // 2, WIDTH // 2)))
    assert moved.clicks == (Click(x=10.25, y=15.25, frame=1),)
    assert moved.boxes == (Box(x0=0, y0=0, x1=31.75, y1=23.75, frame=0),)
