"""Coordinates of the reasoner's small upright pictures, and the reasoner on files."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from drawn_scenes import Array, block, coloured, disc, film, iou, texture

from cleanplate.errors import InputError
from cleanplate.masks.reasoning import read_reasoning
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.progress import Silent
from cleanplate.reason.footage import Footage, gather, small_size
from cleanplate.reason.gravity import down
from cleanplate.reason.physics import PhysicsReasoner

LENGTH = 26
DOWN = {0: (0.0, 1.0), 90: (1.0, 0.0), 180: (0.0, -1.0), 270: (-1.0, 0.0)}
"""Clockwise rotation for display -> where down is on the coded grid: turned by 90, the coded right shows below."""


def upright(coded: Array, turns: int) -> Array:
    return np.ascontiguousarray(np.rot90(coded, turns))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_points_and_masks_go_back_to_the_coded_grid(tmp_path: Path, rotation: int) -> None:
    turns = -rotation // 90 % 4
    coded = np.zeros((60, 100), dtype=np.uint8)
    coded[10:14, 70:76] = 1
    shown = upright(coded, turns)
    footage: Footage = gather(
        [np.zeros((*shown.shape, 3), dtype=np.uint8)], [shown], range(1), tmp_path, lambda advance=1: None,
        turns=turns, size=(120, 200),
    )  # fmt: skip
    ys, xs = np.nonzero(shown)
    assert footage.coded_point(float(ys.mean()), float(xs.mean())) == pytest.approx((23.5, 145.5))
    full = footage.coded(shown > 0)
    assert full.shape == (120, 200)
    assert iou(full, np.kron(coded, np.ones((2, 2))) > 0) > 0.85
    assert down(footage) == DOWN[rotation]


@pytest.mark.parametrize(
    ("size", "small"),
    [((2160, 3840), (360, 640)), ((1920, 1080), (640, 360)), ((90, 160), (90, 160))],
)
def test_pictures_are_reduced_never_enlarged(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert small_size(*size) == small


def stopping_clip(path: Path, rotation: int) -> tuple[Array, Array]:
    """A ball that a wall stops, encoded so that a player shows it upright; the coded masks of wall and ball."""
    ground, wall = texture(3), block(200, 70, 240, 120)
    ball = np.stack([disc(min(20 + 12 * n, 185), 100, 13) for n in range(LENGTH)])
    shown = film(LENGTH, lambda n: coloured(coloured(ground, wall, (220, 130, 40)), ball[n], (60, 60, 170)))
    turns = rotation // 90
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=24, options={"crf": "14"})
        coded = [upright(picture, turns) for picture in shown]
        stream.height, stream.width, stream.pix_fmt = *coded[0].shape[:2], "yuv420p"
        stream.set_display_rotation(-rotation)
        for picture in coded:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return upright(wall, turns), np.stack([upright(mask, turns) for mask in ball])


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_file_is_reasoned_about_on_its_coded_grid(tmp_path: Path, rotation: int) -> None:
    wall, ball = stopping_clip(tmp_path / "clip.mp4", rotation)
    with Clip.open(tmp_path / "clip.mp4") as clip:
        assert clip.info.rotation == rotation
        with TrackWriter(
            tmp_path / "wall.track", name="wall", length=LENGTH, height=wall.shape[0], width=wall.shape[1]
        ) as writer:
            for n in range(LENGTH):
                writer.write(n, wall)
        track = Track(tmp_path / "wall.track")
        reasoning = PhysicsReasoner().reason(clip, [track], range(4, LENGTH), tmp_path, Silent())
    assert reasoning.gravity == DOWN[rotation]
    assert (reasoning.frames, reasoning.height, reasoning.width) == (LENGTH, *wall.shape)
    (thing,) = reasoning.affected
    assert abs(thing.onset - 15) <= 1
    assert thing.caused_by == "wall"
    assert thing.track is not None
    seen = Track(tmp_path / thing.track)
    assert np.mean([iou(seen.mask(n), ball[n]) for n in seen.frames]) > 0.75
    (tmp_path / "reasoning.json").write_text(reasoning.to_json())
    assert read_reasoning(tmp_path / "reasoning.json") == reasoning
    assert reasoning.without({thing.name}).affected == ()


def test_gravity_can_be_told(tmp_path: Path) -> None:
    wall, _ = stopping_clip(tmp_path / "clip.mp4", 0)
    with TrackWriter(tmp_path / "wall.track", name="wall", length=LENGTH, height=180, width=320) as writer:
        writer.write(0, wall)
    with Clip.open(tmp_path / "clip.mp4") as clip:
        frames, track = range(3), Track(tmp_path / "wall.track")
        for angle, there in ((0, (0.0, 1.0)), (90, (-1.0, 0.0)), (-180, (0.0, -1.0)), (270, (1.0, 0.0))):
            assert PhysicsReasoner(angle).reason(clip, [track], frames, tmp_path, Silent()).gravity == there


def test_an_object_that_never_shows_is_refused(tmp_path: Path) -> None:
    stopping_clip(tmp_path / "clip.mp4", 0)
    with (
        Clip.open(tmp_path / "clip.mp4") as clip,
        TrackWriter(tmp_path / "a.track", name="ghost", length=LENGTH, height=180, width=320),
    ):
        pass
    with pytest.raises(InputError, match=r"ghost.*shows on the frames"):
        PhysicsReasoner().reason(clip, [Track(tmp_path / "a.track")], range(LENGTH), tmp_path, Silent())
