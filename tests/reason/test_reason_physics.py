"""The physics reasoner on drawn scenes whose answers are known, and on a real clip."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from drawn_scenes import HEIGHT, WIDTH, Array, Scene, block, coloured, disc, film, iou, texture

from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.labels import removed
from cleanplate.masks.reasoning import Kind, read_reasoning
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.progress import Silent
from cleanplate.reason.physics import PhysicsReasoner

LENGTH = 32
RED, BLUE, ORANGE, GREEN = (200, 60, 50), (60, 60, 170), (220, 130, 40), (60, 160, 70)
VOID = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data")) / "void"


def over_time(paint: Callable[[int], Array]) -> Array:
    """T x h x w from a mask per frame."""
    return np.stack([paint(n) for n in range(LENGTH)])


def mean_iou(folder: Path, name: str, truth: Array) -> float:
    """Mean intersection over union of a written track with the truth, over the frames of the track."""
    track = Track(folder / name)
    return float(np.mean([iou(track.mask(n), truth[n]) for n in track.frames]))


def shadow_scene(softness: float) -> Scene:
    """A disc that slides over mottled ground with a shadow of 35 % of the codes at its lower right."""
    ground = texture(1)
    hero = over_time(lambda n: disc(40 + 6 * n, 80, 18))
    cast = over_time(lambda n: disc(62 + 6 * n, 100, 16))

    def paint(n: int) -> Array:
        depth = cast[n].astype(np.float32)
        if softness:
            depth = cv2.GaussianBlur(depth, (0, 0), softness)
        return coloured(ground * (1 - 0.35 * depth)[..., None], hero[n], RED)

    return Scene(film(LENGTH, paint), hero, {"shadow": cast & ~hero})


@pytest.mark.parametrize(("softness", "overlap"), [(0.0, 0.8), (4.0, 0.6)])
def test_a_shadow_that_moves_with_the_object(tmp_path: Path, softness: float, overlap: float) -> None:
    scene = shadow_scene(softness)
    affected, belongings, _ = scene.reason(tmp_path)
    (shadow,) = affected
    assert not belongings
    assert shadow.kind is Kind.SHADOW
    assert shadow.onset == 0
    assert shadow.end >= LENGTH - 3
    assert shadow.was_moving
    assert mean_iou(tmp_path, "shadow-1.track", scene.truth["shadow"]) > overlap


def test_the_shadow_of_a_still_object_is_a_guess(tmp_path: Path) -> None:
    ground, hero, ledge = texture(8, detail=4), disc(160, 80, 25), block(120, 98, 170, 115)
    depth = cv2.GaussianBlur(ledge.astype(np.float32), (0, 0), 3)
    picture = coloured(ground * (1 - 0.35 * depth)[..., None], hero, RED)
    scene = Scene(film(LENGTH, lambda n: picture), np.stack([hero] * LENGTH), {})
    affected, _, _ = scene.reason(tmp_path)
    (shadow,) = affected
    assert shadow.kind is Kind.SHADOW
    assert shadow.confidence < 0.5
    assert "probably" in shadow.why
    assert mean_iou(tmp_path, "shadow-1.track", np.stack([ledge & ~hero] * LENGTH)) > 0.6


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("detail", [2.0, 14.0])
@pytest.mark.parametrize("step", [0, 5])
def test_where_nothing_is_affected_nothing_is_claimed(tmp_path: Path, seed: int, detail: float, step: int) -> None:
    ground = texture(20 + seed, detail)
    hero = over_time(lambda n: disc(70 + step * n, 90, 20))
    scene = Scene(film(LENGTH, lambda n: coloured(ground, hero[n], GREEN), seed), hero)
    assert scene.reason(tmp_path) == ([], [], [])


def test_what_others_do_among_themselves_is_not_the_objects_doing(tmp_path: Path) -> None:
    ground, hero = texture(2), block(10, 120, 40, 160)
    ball = over_time(lambda n: disc(60 + 5 * n, 40, 10))
    pictures = film(LENGTH, lambda n: coloured(coloured(ground, hero, ORANGE), ball[n], BLUE))
    assert Scene(pictures, np.stack([hero] * LENGTH)).reason(tmp_path) == ([], [], [])


def stopping_scene() -> Scene:
    """A ball rolls 12 pixels a frame against a block, reaches it on frame 14 and stays."""
    ground, wall = texture(3), block(200, 70, 240, 120)
    ball = over_time(lambda n: disc(min(20 + 12 * n, 185), 100, 13))
    pictures = film(LENGTH, lambda n: coloured(coloured(ground, wall, ORANGE), ball[n], BLUE))
    return Scene(pictures, np.stack([wall] * LENGTH), {"ball": ball})


def test_a_ball_that_the_object_stops(tmp_path: Path) -> None:
    scene = stopping_scene()
    affected, belongings, sentences = scene.reason(tmp_path)
    (ball,) = affected
    assert not belongings
    assert ball.caused_by == "hero"
    assert abs(ball.onset - 15) <= 1
    assert ball.end == LENGTH - 1
    assert ball.will_move
    assert ball.was_moving
    assert not ball.should_have_stayed
    assert mean_iou(tmp_path, "thing-1.track", scene.truth["ball"]) > 0.75
    columns = [point.cell[1] for point in ball.path]
    assert columns == sorted(columns)
    assert columns[-1] == 13  # it would leave the picture on the right
    # 12 pixels a frame over cells of 320 / 14 pixels
    speed = (columns[1] - columns[0]) / (ball.path[1].frame - ball.path[0].frame)
    assert speed == pytest.approx(12 / (320 / 14), abs=0.25)
    assert f"frame {ball.onset}" in ball.why
    assert "right" in sentences[0]
    assert "hero" not in " ".join(sentences)


def test_the_same_ball_under_a_moving_camera(tmp_path: Path) -> None:
    still = stopping_scene()

    def pan(pictures: Array) -> Array:
        moved = [
            cv2.warpAffine(p, np.array([[1, 0, -1.5 * n], [0, 1, 0.5 * n]], dtype=np.float64), (WIDTH, HEIGHT),
                           borderMode=cv2.BORDER_REFLECT)
            for n, p in enumerate(pictures)
        ]  # fmt: skip
        return np.stack(moved)

    hero = pan(still.object.astype(np.uint8)) > 0
    scene = Scene(pan(still.rgb), hero, {"ball": pan(still.truth["ball"].astype(np.uint8)) > 0})
    affected, _, _ = scene.reason(tmp_path)
    ball = next(thing for thing in affected if thing.kind is Kind.OBJECT)
    assert abs(ball.onset - 15) <= 1
    assert ball.will_move
    assert mean_iou(tmp_path, "thing-1.track", scene.truth["ball"]) > 0.7


def test_a_box_that_the_object_pushes(tmp_path: Path) -> None:
    ground = texture(4)
    hero = over_time(lambda n: disc(min(20 + 10 * n, 140), 100, 14))
    left = [160 + min(max(4 * (n - 12), 0), 60) for n in range(LENGTH)]
    box = over_time(lambda n: block(left[n], 80, left[n] + 30, 118))
    scene = Scene(film(LENGTH, lambda n: coloured(coloured(ground, box[n], BLUE), hero[n], RED)), hero)
    affected, belongings, _ = scene.reason(tmp_path)
    (thing,) = affected
    assert not belongings
    assert abs(thing.onset - 13) <= 1
    assert thing.should_have_stayed
    assert not thing.will_move
    assert thing.rest_place == (4, 7)  # the cell of the box's centre before: (99, 175) of cells of 22.5 x 22.9 pixels
    assert mean_iou(tmp_path, "thing-1.track", box) > 0.7


def carrying_scene(picked_up: int) -> tuple[Scene, Array]:
    ground = texture(5)
    hero = over_time(lambda n: block(20 + 6 * n, 40, 50 + 6 * n, 130))
    left = [20 + 6 * max(n, picked_up) + 31 for n in range(LENGTH)]
    box = over_time(lambda n: block(left[n], 75, left[n] + 24, 100))
    return Scene(film(LENGTH, lambda n: coloured(coloured(ground, hero[n], RED), box[n], BLUE)), hero), box


def test_a_box_that_is_held_all_the_time_goes_too(tmp_path: Path) -> None:
    scene, box = carrying_scene(0)
    affected, (held,), _ = scene.reason(tmp_path)
    assert not affected
    assert held.removed_with == "hero"
    assert held.track is not None
    assert mean_iou(tmp_path, held.track, box) > 0.7


def test_a_box_that_is_picked_up_would_have_stayed(tmp_path: Path) -> None:
    scene, box = carrying_scene(15)
    (thing,), belongings, sentences = scene.reason(tmp_path)
    assert not belongings
    assert abs(thing.onset - 15) <= 2
    assert thing.should_have_stayed
    assert thing.rest_place == (3, 6)  # centre (87.5, 153)
    assert "stays where it is" in sentences[0]
    assert mean_iou(tmp_path, "thing-1.track", box) > 0.7


def test_a_ball_that_comes_to_rest_on_the_object_would_fall(tmp_path: Path) -> None:
    ground, table = texture(7), block(120, 100, 200, 150)
    ball = over_time(lambda n: disc(160, min(10 + 8 * n, 87), 12))
    scene = Scene(
        film(LENGTH, lambda n: coloured(coloured(ground, table, ORANGE), ball[n], BLUE)), np.stack([table] * LENGTH)
    )
    (thing,), _, sentences = scene.reason(tmp_path)
    assert abs(thing.onset - 10) <= 1
    assert thing.will_move
    assert thing.rest_place == (6, 7)  # at the foot of the table
    assert "falls" in sentences[0]


@pytest.mark.parametrize("step", [0, 3])
def test_a_mirror_below_the_object(tmp_path: Path, step: int) -> None:
    ground = texture(6, detail=8)
    hero = over_time(lambda n: disc(100 + step * n, 60, 22))
    below = over_time(lambda n: np.roll(hero[n][::-1], 2 * 83 - HEIGHT, axis=0))

    def paint(n: int) -> Array:
        picture = coloured(ground, hero[n], ORANGE)
        mirrored = picture[:83][::-1]
        picture[83:166] = 0.5 * ground[83:166] + 0.5 * mirrored
        return picture

    (thing,), belongings, _ = Scene(film(LENGTH, paint), hero).reason(tmp_path)
    assert not belongings
    assert thing.kind is Kind.REFLECTION
    assert (thing.onset, thing.end) == (0, LENGTH - 1)
    assert mean_iou(tmp_path, "reflection-1.track", below) > 0.75


def test_the_same_scene_gives_the_same_answer(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    answers = []
    for folder in folders:
        folder.mkdir()
        answers.append(stopping_scene().reason(folder))
    assert answers[0] == answers[1]
    files = [sorted((path.name, path.read_bytes()) for path in folder.iterdir()) for folder in folders]
    assert files[0] == files[1]
    assert [name for name, _ in files[0]] == ["thing-1.track"]


def published_track(clip: Clip, folder: Path, out: Path) -> Track:
    """The removed region of a published quadmask as a track."""
    mask, _ = read_mask_file(folder / "quadmask.mp4", clip.info, out / "field.mkv")
    size: dict[str, Any] = {"height": mask.height, "width": mask.width}
    with TrackWriter(out / "object.track", name="rubber duck", length=len(mask), **size) as writer:
        for n, labels in enumerate(mask):
            writer.write(n, removed(labels))
    return Track(out / "object.track")


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not VOID.is_dir(), reason="no real footage: set CLEANPLATE_DATA")
def test_the_duck_stops_the_brown_ball(tmp_path: Path) -> None:
    """VOID's published mask has its first affected cells on frame 7 of this clip, where the ball meets the duck."""
    folder = VOID / "moving_ball"
    with Clip.open(folder / "input_video.mp4") as clip:
        track = published_track(clip, folder, tmp_path)
        reasoning = PhysicsReasoner().reason(clip, [track], range(len(clip)), tmp_path, Silent())
    (tmp_path / "reasoning.json").write_text(reasoning.to_json())
    assert read_reasoning(tmp_path / "reasoning.json") == reasoning
    ball = next(thing for thing in reasoning.affected if thing.kind is Kind.OBJECT)
    assert abs(ball.onset - 7) <= 1
    assert ball.end == 61
    assert ball.will_move
    assert ball.was_moving
    assert ball.caused_by == "rubber duck"
    assert ball.path[-1].cell[1] == 13
    seen = Track(tmp_path / "thing-1.track")
    y0, x0, y1, x1 = seen.box(50) or (0, 0, 0, 0)
    # by eye, the ball rests behind the duck around (x 3090, y 490) of 3840 x 2160
    assert x0 <= 3090 <= x1
    assert y0 <= 490 <= y1
