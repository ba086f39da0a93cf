"""The embedded segmenter on drawn clips whose masks are known to the pixel."""

from pathlib import Path

import numpy as np
import pytest
from select_scenes import HEIGHT, WIDTH, Places, Scene, draw, overlaps

from cleanplate.errors import InputError
from cleanplate.masks.selection import Box, Click, Selection, Stroke
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.progress import Silent
from cleanplate.select.classic import ClassicSegmenter

START = (60, 80)
MOVING: Places = [(START[0] + 6 * n, START[1] + 2 * n) for n in range(16)]


def segment(
    scene: Scene, selection: Selection, folder: Path, frames: range | None = None, cache: Path | None = None
) -> Track:
    path = folder / "clip.mkv"
    if not path.exists():
        scene.write(path)
    with Clip.open(path) as clip:
        span = frames or range(len(clip))
        return ClassicSegmenter(cache=cache).segment(clip, selection, span, folder / "object.track", Silent())


def click(index: int, places: Places = MOVING) -> Click:
    place = places[index]
    assert place is not None
    x, y = place
    return Click(x=x, y=y, frame=index)


@pytest.mark.parametrize("index", [0, 8, 15])
def test_one_click_on_any_frame_gives_the_whole_track(tmp_path: Path, index: int) -> None:
    scene = draw(MOVING)
    track = segment(scene, Selection(clicks=(click(index),)), tmp_path)
    assert overlaps(track, scene).min() > 0.9
    assert track.lost == []


def test_follows_under_a_moving_camera(tmp_path: Path) -> None:
    scene = draw(MOVING, pan=4.0)
    assert overlaps(segment(scene, Selection(clicks=(click(0),)), tmp_path), scene).min() > 0.9


def test_a_box_alone_selects_what_it_holds(tmp_path: Path) -> None:
    x, y = START
    scene = draw(MOVING)
    box = Box(x0=x - 28, y0=y - 27, x1=x + 29, y1=y + 28)
    assert overlaps(segment(scene, Selection(boxes=(box,)), tmp_path), scene).min() > 0.85


def test_a_stroke_selects_like_clicks(tmp_path: Path) -> None:
    x, y = START
    scene = draw(MOVING)
    stroke = Stroke(points=((x - 10, y), (x + 10, y + 4)), radius=3)
    assert overlaps(segment(scene, Selection(strokes=(stroke,)), tmp_path), scene).min() > 0.9


def test_comes_back_from_behind_a_wall_and_says_where_it_could_not_see(tmp_path: Path) -> None:
    places: Places = [(60 + 8 * n, 90) for n in range(24)]
    scene = draw(places, wall=(130, 190))
    track = segment(scene, Selection(clicks=(click(0, places),)), tmp_path)
    iou = overlaps(track, scene)
    hidden = [n for n, mask in enumerate(scene.masks) if not mask.any()]
    assert hidden
    assert set(hidden) <= set(track.lost)
    assert iou[-5:].min() > 0.85
    assert (track.confidence[-4:] >= 0.5).all()


def test_leaving_the_frame_is_no_loss(tmp_path: Path) -> None:
    places: Places = [(220 + 9 * n, 90) if 220 + 9 * n < WIDTH + 22 else None for n in range(20)]
    scene = draw(places)
    track = segment(scene, Selection(clicks=(click(0, places),)), tmp_path)
    gone = [n for n, mask in enumerate(scene.masks) if not mask.any()]
    assert gone
    assert not set(gone[1:]) & set(track.frames)
    assert not set(gone[1:]) & set(track.lost)


def test_one_added_click_lifts_a_lost_clip(tmp_path: Path) -> None:
    """Behind the wall the disc turns from red to yellow, which no look back at the first frame can foresee."""
    places: Places = [(60 + 8 * n, 90) for n in range(28)]
    colours = [(200, 50, 40) if n < 12 else (200, 190, 30) for n in range(28)]
    scene = draw(places, wall=(130, 190), colours=colours)
    first = segment(scene, Selection(clicks=(click(0, places),)), tmp_path)
    before = overlaps(first, scene)
    assert before.mean() < 0.8
    bad = {int(n) for n in np.flatnonzero(before < 0.5)}
    assert len(bad & set(first.lost)) >= 0.8 * len(bad)
    (tmp_path / "object.track").unlink()
    added = segment(scene, Selection(clicks=(click(0, places), click(20, places))), tmp_path)
    assert overlaps(added, scene).mean() > 0.8
    assert added.mask(0).sum() == pytest.approx(first.mask(0).sum(), abs=1)


def test_a_negative_click_takes_away_what_a_positive_one_took_too_much(tmp_path: Path) -> None:
    """Two discs of one colour side by side: the second click says that the neighbour is not meant."""
    scene = draw([(100, 90)] * 3)
    twin = draw([(141, 90)] * 3)
    for picture, other, mask in zip(scene.pictures, twin.pictures, twin.masks, strict=True):
        picture[mask] = other[mask]
    both = segment(scene, Selection(clicks=(Click(x=100, y=90), Click(x=141, y=90))), tmp_path)
    assert both.mask(0)[90, 145]
    one = Selection(clicks=(Click(x=100, y=90), Click(x=145, y=90, positive=False)))
    assert overlaps(segment(scene, one, tmp_path), scene).min() > 0.85


def test_the_same_inputs_give_the_same_bytes_with_and_without_a_cache(tmp_path: Path) -> None:
    scene = draw(MOVING[:8])
    selection = Selection(clicks=(click(0), click(6)))
    plain = segment(scene, selection, tmp_path).path.read_bytes()
    for _ in range(2):
        assert segment(scene, selection, tmp_path, cache=tmp_path / "cache").path.read_bytes() == plain


def test_an_added_click_redoes_only_its_neighbourhood(tmp_path: Path) -> None:
    scene, cache = draw(MOVING), tmp_path / "cache"
    segment(scene, Selection(clicks=(click(0), click(5))), tmp_path, cache=cache)
    kept = {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}
    segment(scene, Selection(clicks=(click(0), click(5), click(12))), tmp_path, cache=cache)
    after = {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert kept.items() <= after.items()
    assert len(after) == len(kept) + 2


def test_a_clip_of_one_frame(tmp_path: Path) -> None:
    scene = draw(MOVING[:1])
    assert overlaps(segment(scene, Selection(clicks=(click(0),)), tmp_path), scene)[0] > 0.9


def test_frames_outside_the_range_stay_empty(tmp_path: Path) -> None:
    scene = draw(MOVING)
    track = segment(scene, Selection(clicks=(click(6),)), tmp_path, frames=range(4, 10))
    assert len(track) == 16
    assert track.frames == list(range(4, 10))


def flat(noise: int) -> Scene:
    scene = draw([None] * 2)
    rng = np.random.default_rng(0)
    for picture in scene.pictures:
        picture[:] = np.clip(128 + noise * rng.normal(size=(HEIGHT, WIDTH, 3)), 0, 255)
    return scene


@pytest.mark.parametrize("noise", [0, 2])
def test_a_click_on_nothing_is_named(tmp_path: Path, noise: int) -> None:
    with pytest.raises(InputError, match=r"click 50,60 on frame 1 .*nothing"):
        segment(flat(noise), Selection(clicks=(Click(x=50, y=60, frame=1),)), tmp_path)
    assert not (tmp_path / "object.track").exists()


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(clicks=(Click(x=WIDTH, y=5),)), "click 320,5 on frame 0 lies outside the frame"),
        (Selection(clicks=(Click(x=5, y=-1),)), "click 5,-1 on frame 0 lies outside the frame"),
        (Selection(clicks=(Click(x=5, y=5, frame=3),)), "frame 3, outside the frames 0 to 1"),
        (Selection(clicks=(Click(x=5, y=5, positive=False),)), "nothing says where the object is"),
        (Selection(boxes=(Box(x0=400, y0=0, x1=420, y1=9),)), "box on frame 0 covers nothing"),
        (Selection(strokes=(Stroke(points=((5, 500),), radius=2),)), "stroke through 5,500"),
    ],
)
def test_inputs_that_cannot_be_served_are_refused(tmp_path: Path, selection: Selection, message: str) -> None:
    with pytest.raises(InputError, match=message):
        segment(flat(0), selection, tmp_path)
