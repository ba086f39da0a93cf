"""From tracks and reasoning to labels."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanplate.errors import InputError
from cleanplate.masks.build import BuildRules, build_quadmask, draw, open_things
from cleanplate.masks.grid import gridify
from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE, Labels, affected, removed
from cleanplate.masks.reasoning import Grid, Reasoning, RemovedWith, Thing
from cleanplate.masks.sweep import stand_at
from cleanplate.masks.track import Mask, Track, TrackWriter
from cleanplate.media.frame import ColourTags, Family, PixelFormat
from cleanplate.media.probe import ClipInfo

LENGTH, HEIGHT, WIDTH = 8, 80, 140
GRID = Grid.of(HEIGHT, WIDTH)


def info(length: int = LENGTH) -> ClipInfo:
    return ClipInfo(
        path=Path("plate.mp4"), files=(), is_sequence=False, codec="h264", height=HEIGHT, width=WIDTH,
        format=PixelFormat("yuv420p", Family.YUV, 8, 1, 1), colour=ColourTags(), time_base=Fraction(1, 12),
        pts=np.arange(length), end_pts=length, rate=Fraction(12),
    )  # fmt: skip


def region(y0: int, x0: int, y1: int, x1: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


def track(folder: Path, name: str, mask: Mask, frames: range = range(LENGTH)) -> Track:
    with TrackWriter(folder / f"{name}.track", name=name, length=LENGTH, height=HEIGHT, width=WIDTH) as writer:
        for n in frames:
            writer.write(n, mask)
    return Track(folder / f"{name}.track")


def thing(ident: str, **fields: Any) -> Thing:
    entry = {"id": ident, "name": ident, "kind": "object", "caused_by": "duck", "why": "", "onset": 0}
    return Thing.model_validate(entry | {"end": LENGTH - 1} | fields)


def reasoning(*things: Thing, **fields: Any) -> Reasoning:
    entry = {"frames": LENGTH, "height": HEIGHT, "width": WIDTH, "grid": GRID, "removed": ("duck",), "affected": things}
    return Reasoning.model_validate(entry | fields)


def drawn(tracks: list[Track], document: Reasoning, folder: Path, **rules: Any) -> list[Labels]:
    return list(draw(tracks, document, open_things(document, folder), BuildRules(**rules), range(LENGTH)))


DUCK, BALL = region(20, 20, 40, 40), region(33, 38, 47, 55)


def test_the_object_alone(tmp_path: Path) -> None:
    duck = track(tmp_path, "duck", DUCK, range(2, 5))
    frames = drawn([duck], reasoning(), tmp_path)
    for n, labels in enumerate(frames):
        assert np.array_equal(labels == REMOVE, DUCK if 2 <= n < 5 else np.zeros_like(DUCK))
        assert set(np.unique(labels)) <= {REMOVE, KEEP}


def test_a_thing_claims_whole_cells_or_its_pixels(tmp_path: Path) -> None:
    duck = track(tmp_path, "duck", DUCK)
    track(tmp_path, "ball", BALL)
    document = reasoning(thing("ball", onset=3, end=5, track="ball.track"))
    by_cell, by_pixel = (drawn([duck], document, tmp_path, pixel_precise=p) for p in (False, True))
    for n in range(LENGTH):
        during = 3 <= n <= 5
        assert np.array_equal(affected(by_cell[n]), gridify(BALL, GRID) & during)
        assert np.array_equal(affected(by_pixel[n]), BALL & during)
        assert np.array_equal(removed(by_cell[n]), DUCK)
    assert (by_pixel[4] == OVERLAP).sum() == (DUCK & BALL).sum()


def test_the_first_frame_may_hold_the_object_alone(tmp_path: Path) -> None:
    duck = track(tmp_path, "duck", DUCK)
    track(tmp_path, "ball", BALL)
    document = reasoning(thing("ball", track="ball.track"))
    spared, plain = (drawn([duck], document, tmp_path, primary_only_at_first=p) for p in (True, False))
    assert set(np.unique(spared[0])) == {REMOVE, KEEP}
    assert np.array_equal(removed(spared[0]), DUCK)
    assert AFFECTED in plain[0]
    assert all(np.array_equal(a, b) for a, b in zip(spared[1:], plain[1:], strict=True))


def test_belongings_go_with_the_object(tmp_path: Path) -> None:
    duck, hat = track(tmp_path, "duck", DUCK), region(10, 22, 20, 38)
    track(tmp_path, "hat", hat)
    belonging = RemovedWith(name="hat", why="worn", removed_with="duck", track="hat.track")
    frames = drawn([duck], reasoning(removed_with=(belonging,)), tmp_path)
    assert all(np.array_equal(removed(labels), DUCK | hat) for labels in frames)


def test_growing_adds_pixels_to_what_goes(tmp_path: Path) -> None:
    duck = track(tmp_path, "duck", DUCK)
    grown = removed(drawn([duck], reasoning(), tmp_path, grow=3)[0])
    assert grown[17:43, 25:35].all()
    assert not grown[16].any()
    assert not grown[17, 17]  # a disc, not a square


def test_the_way_it_would_go_is_affected(tmp_path: Path) -> None:
    path = [{"frame": 2, "cell": (1, 2)}, {"frame": 6, "cell": (1, 10)}]
    ball = thing("ball", onset=2, path=path, rest_place=(6, 10), size_cells=(1, 1))
    stands = [stand_at(ball, n) for n in range(LENGTH)]
    assert [stand and stand.centre for stand in stands] == [
        None, None, (1.5, 2.5), (1.5, 4.5), (1.5, 6.5), (1.5, 8.5), (1.5, 10.5), (6.5, 10.5),
    ]  # fmt: skip
    frames = drawn([], reasoning(ball), tmp_path)
    assert not affected(frames[1]).any()
    assert np.array_equal(affected(frames[3]), region(10, 40, 20, 50))
    assert np.array_equal(affected(frames[7]), region(60, 100, 70, 110))


def test_frames_outside_the_edit_are_kept(tmp_path: Path) -> None:
    duck = track(tmp_path, "duck", DUCK)
    mask = build_quadmask([duck], reasoning(), tmp_path / "q.mkv", info(), frames=range(3, 6))
    assert mask.changed_frames == [3, 4, 5]
    assert mask.box_of_change(3) == (20, 20, 40, 40)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    duck, out = track(tmp_path, "duck", DUCK), tmp_path / "q.mkv"
    with pytest.raises(InputError, match="the plate has 9"):
        build_quadmask([duck], reasoning(), out, info(9))
    longer = reasoning().model_copy(update={"frames": 9})
    with pytest.raises(InputError, match=r"duck\.track.* 8 frames"):
        build_quadmask([duck], longer, out, info(9))
    with pytest.raises(InputError, match="says nowhere where it is"):
        build_quadmask([duck], reasoning(thing("ball")), out, info())
    with pytest.raises(InputError, match=r"gone\.track"):
        open_things(reasoning(thing("ball", track="gone.track")), tmp_path)
    assert not out.exists()


def test_cells_instead_take_the_place_of_a_path(tmp_path: Path) -> None:
    told = [{"frame": 2, "cells": [[1, 2]]}, {"frame": 4, "cells": [[1, 3], [2, 3]]}]
    ball = thing("ball", onset=2, end=6, cells_instead=told, path=[{"frame": 2, "cell": (6, 10)}])
    frames = drawn([], reasoning(ball), tmp_path)
    expected = [None, None, (10, 20, 20, 30), (10, 20, 20, 30), *[(10, 30, 30, 40)] * 3, None]
    for labels, box in zip(frames, expected, strict=True):
        assert np.array_equal(affected(labels), region(*box) if box else np.zeros_like(DUCK))
