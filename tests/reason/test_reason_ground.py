"""Answers in words and cells, laid on drawn clips whose truth is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanplate.masks.build import BuildRules, draw, draw_parts, open_things
from cleanplate.masks.grid import gridify
from cleanplate.masks.labels import affected, removed
from cleanplate.masks.reasoning import Reasoning
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.progress import Silent
from cleanplate.reason.ground.fall import default_gravity
from cleanplate.reason.ground.ground import ground
from cleanplate.select.classic import ClassicSegmenter
from drawn_falls import FRAMES, GRID, HEIGHT, RATE, WIDTH, Drawn, answer, block, disc, drawn


def laid(scene: Drawn, document: Reasoning, folder: Path, names: tuple[str, ...] = ("object",)) -> Reasoning:
    tracks = [scene.track(folder, name) for name in names]
    with Clip.open(scene.write(folder)) as clip:
        frames = range(len(clip))
        return ground(document, clip, tracks, frames, folder, segmenter=ClassicSegmenter(), progress=Silent())


def labels_of(document: Reasoning, folder: Path, names: tuple[str, ...] = ("object",), **rules: Any) -> list[Any]:
    tracks = [Track(folder / f"{name}.track") for name in names]
    return list(draw(tracks, document, open_things(document, folder), BuildRules(**rules), range(FRAMES)))


def iou(a: Any, b: Any) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def resting() -> Drawn:
    """A ball lies on a box all the time; the box stands at row 100."""
    return drawn({"object": [block(60, 80, 100, 120)] * FRAMES, "ball": [disc(50, 100, 9.5)] * FRAMES})


def blocked(onset: int = 8) -> tuple[Drawn, float]:
    """A ball rolls to the right at 8 pixels a frame until a box stops it; and that speed."""
    speed, stop = 8.0, 100 - 10.5
    centres = [min(stop - speed * (onset - 1) + speed * n, stop) for n in range(FRAMES)]
    return drawn({"object": [block(60, 100, 100, 130)] * FRAMES, "ball": [disc(89, x, 9.5) for x in centres]}), speed


def test_what_lies_on_the_object_falls_to_where_that_stands(tmp_path: Path) -> None:
    scene = resting()
    thing = {"will_move": True, "onset": 3, "source": "model", "cells_by_time": scene.cells("ball", 3)}
    document = laid(scene, answer(thing), tmp_path)
    ball = document.affected[0]
    assert ball.track is not None
    first = (tmp_path / ball.track).read_bytes()
    assert laid(scene, answer(thing), tmp_path) == document  # again, the same
    assert (tmp_path / ball.track).read_bytes() == first
    assert iou(Track(tmp_path / ball.track).mask(5), scene.masks["ball"][5]) > 0.85
    gravity = default_gravity(min(HEIGHT, WIDTH), RATE)
    exact = labels_of(document, tmp_path, pixel_precise=True)
    for n, labels in enumerate(exact):
        assert affected(labels).any() == (n >= 3)
        if n < 3:
            continue
        depth = min(0.5 * gravity * (n - 2) ** 2, 40.0)
        assert not (disc(50 + depth, 100, 7) & ~affected(labels)).any()
    landed = affected(exact[-1])
    assert not landed[106:].any()  # not below where the box stands, nor beside it
    assert not landed[:, :84].any()
    assert not landed[:, 116:].any()


def test_what_the_object_stops_rolls_on_and_out_of_the_picture(tmp_path: Path) -> None:
    scene, speed = blocked()
    thing = {"will_move": True, "was_moving": True, "onset": 8, "cells_by_time": scene.cells("ball", 4, 7, 8, 15)}
    document = laid(scene, answer(thing), tmp_path)
    assert document.affected[0].path
    exact = labels_of(document, tmp_path, pixel_precise=True)
    for n in range(8, FRAMES):
        x = 100 - 10.5 + speed * (n - 7)
        true = disc(89, x, 7)
        assert (true & ~affected(exact[n])).sum() <= 0.1 * true.sum(), n
        assert not (affected(exact[n]) & ~block(76, 75, 103, WIDTH)).any()
    assert not affected(exact[7]).any()


def test_what_was_pushed_would_have_stayed(tmp_path: Path) -> None:
    lefts = [10 + 5 * n for n in range(FRAMES)]
    xs = [max(60.0, x + 21.0) for x in lefts]  # touched on frame 6
    scene = drawn({"object": [block(60, x, 100, x + 11) for x in lefts], "ball": [disc(89, x, 9.5) for x in xs]})
    thing = {"should_have_stayed": True, "was_moving": True, "onset": 6, "source": "model",
             "cells_by_time": scene.cells("ball", 4, 12, 15)}  # fmt: skip
    exact = labels_of(laid(scene, answer(thing), tmp_path), tmp_path, pixel_precise=True)
    for n in range(6, FRAMES):
        assert not (disc(89, 60, 8) & ~affected(exact[n])).any()
        assert iou(affected(exact[n]), disc(89, 60, 9.5) | scene.masks["ball"][n]) > 0.75, n


def test_belongings_join_the_object(tmp_path: Path) -> None:
    lefts = [30 + 5 * n for n in range(FRAMES)]
    scene = drawn({"object": [block(60, x, 100, x + 30) for x in lefts],
                   "hat": [block(44, x + 4, 60, x + 26) for x in lefts]})  # fmt: skip
    hat = {"name": "hat", "why": "worn", "removed_with": "object", "cells_by_time": scene.cells("hat", 0, 10, 15)}
    document = laid(scene, answer(removed_with=(hat | {"source": "model"},)), tmp_path)
    assert document.removed_with[0].track == "with-hat.track"
    both = scene.masks["object"] | scene.masks["hat"]
    scores = [iou(removed(labels), both[n]) for n, labels in enumerate(labels_of(document, tmp_path))]
    assert min(scores) > 0.85  # the object alone would be 0.77
    assert float(np.mean(scores)) > 0.95


def test_a_belonging_that_nothing_tells_apart_goes_by_its_cells(tmp_path: Path) -> None:
    scene = drawn({"object": [block(60, 80, 100, 120)] * FRAMES})
    glove = {"name": "glove", "why": "held", "removed_with": "object"}
    placed = glove | {"cells_by_time": [{"frame": 0, "cells": [[2, 3]]}]}
    assert laid(scene, answer(removed_with=(glove,)), tmp_path).removed_with[0].track is None
    document = laid(scene, answer(removed_with=(placed,)), tmp_path)
    assert document.removed_with[0].track == "with-glove.track"
    cell = gridify(disc(37, 50, 1), GRID)
    gone = removed(labels_of(document, tmp_path)[4])
    assert (gone & cell).any()
    assert not (gone & ~cell & ~scene.masks["object"][4]).any()


def test_a_shadow_is_found_in_its_cells_by_what_is_darker(tmp_path: Path) -> None:
    lefts = [20 + 7 * n for n in range(FRAMES)]
    shade = [block(100, x - 4, 110, x + 40) for x in lefts]
    scene = drawn({"object": [block(60, x, 100, x + 30) for x in lefts]}, shade=shade)
    cells = Drawn(scene.rgb, {"shade": np.stack(shade)}).cells("shade", *range(0, FRAMES, 4))
    thing = {"name": "shade", "kind": "shadow", "onset": 0, "source": "model", "cells_by_time": cells}
    document = laid(scene, answer(thing), tmp_path)
    exact = labels_of(document, tmp_path, pixel_precise=True)
    scores = [iou(affected(labels) & ~removed(labels), shade[n]) for n, labels in enumerate(exact)]
    assert float(np.mean(scores)) > 0.7


def test_a_model_s_path_is_covered_early_and_late_a_person_s_to_the_frame(tmp_path: Path) -> None:
    scene = resting()
    way = [{"frame": 3, "cell": [3, 6]}, {"frame": 13, "cell": [6, 6]}]
    thing = {"will_move": True, "was_moving": True, "onset": 3, "path": way}
    by_person, by_model = (laid(scene, answer(thing | {"source": s}), tmp_path).affected[0] for s in ("person", "m"))
    assert by_person.leeway == 0
    assert by_model.leeway > 0
    assert by_person.path == by_model.path == answer(thing).affected[0].path


def test_what_names_a_path_alone_stands_at_its_start(tmp_path: Path) -> None:
    scene = resting()
    way = [{"frame": 3, "cell": [3, 6]}, {"frame": 13, "cell": [6, 6]}]
    thing = {"will_move": True, "onset": 3, "path": way, "size_cells": [3, 3]}
    frames = labels_of(laid(scene, answer(thing), tmp_path), tmp_path)
    assert not (scene.masks["ball"][13] & ~affected(frames[13])).any()


def test_documents_with_tracks_and_those_of_physics_are_left_alone(tmp_path: Path) -> None:
    scene = resting()
    scene.track(tmp_path, "ball")
    cells = scene.cells("ball", 3)
    tracked = answer({"will_move": True, "onset": 3, "track": "ball.track"})
    physics = answer({"will_move": True, "onset": 3, "source": "physics", "cells_by_time": cells})
    assert laid(scene, tracked, tmp_path) is tracked
    assert laid(scene, physics, tmp_path) is physics
    assert laid(scene, answer(), tmp_path) == answer()


@pytest.mark.slow
def test_each_of_two_objects_has_causes_of_its_own(tmp_path: Path) -> None:
    scene = drawn({"object": [block(60, 40, 100, 70)] * FRAMES, "goose": [block(60, 130, 100, 160)] * FRAMES,
                   "ball": [disc(50, 55, 9.5)] * FRAMES, "hat": [disc(50, 145, 9.5)] * FRAMES})  # fmt: skip
    things = [{"name": name, "will_move": True, "onset": 2, "caused_by": by, "cells_by_time": scene.cells(name, 2)}
              for name, by in (("ball", "object"), ("hat", "goose"))]  # fmt: skip
    document = laid(scene, answer(*things, removed=("object", "goose")), tmp_path, ("object", "goose"))
    tracks = [Track(tmp_path / f"{name}.track") for name in ("object", "goose")]
    parts = draw_parts(tracks, document, open_things(document, tmp_path), BuildRules(), range(FRAMES))
    for n, (_, named) in enumerate(parts):
        assert set(named) >= {"object", "goose"}
        for name, middle in (("ball", 55), ("hat", 145)):
            assert named[name].any() == (n >= 2)
            assert not (named[name] & ~block(0, middle - 30, HEIGHT, middle + 30)).any()
