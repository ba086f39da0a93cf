"""A counterfactual pair on disk: what was simulated, what is seen, and what the mask says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scenes import FLOOR, scene_of, thing

from cleanplate.masks.labels import AFFECTED, OVERLAP, REMOVE, changed
from cleanplate.worlds.formats.void_layout import VoidFrame, VoidSample, scan
from cleanplate.worlds.pairs import BROKEN_PROMISE, PairJob
from cleanplate.worlds.produce import produce
from cleanplate.worlds.scene import Box, Scene, Sphere
from cleanplate.worlds.validate import validate


def stacked(**changes: object) -> Scene:
    """A ball on a crate: without the crate it falls."""
    plain = scene_of(
        FLOOR,
        thing("crate", Box(half=(0.3, 0.3, 0.3)), 0, 0, 0.3, mass=2.0),
        thing("ball", Sphere(radius=0.2), 0, 0, 0.8, mass=0.5),
    )
    asked = {"frames": 8, "rate": 12.0, "remove": ("crate",), "instruction": "Remove the crate."}
    return plain.model_copy(update=asked | changes)


def made(out: Path, scene: Scene, *, grid: bool = False, extras: bool = False) -> tuple[VoidSample, list[VoidFrame]]:
    summary = produce([PairJob(scene, out, 64, 112, grid=grid, extras=extras)])
    assert summary.made == 1
    assert set(summary.seconds) == {"simulate", "check", "render", "write"}
    sample = next(iter(scan(out)))
    return sample, list(sample.frames())


def test_a_pair_shows_both_worlds_and_marks_what_differs(tmp_path: Path) -> None:
    sample, frames = made(tmp_path, stacked())
    known = sample.metadata()
    assert known is not None
    assert (known.removed, known.family, known.frames) == (("crate",), "test", 8)
    assert [thing.name for thing in known.changed] == ["ball"]
    assert known.changed[0].metres == pytest.approx(0.6, abs=0.1), "the ball comes down by the crate's height"
    assert known.scene == stacked().digest
    for number, frame in enumerate(frames):
        differs = np.abs(frame.rgb_full.astype(int) - frame.rgb_removed).max(axis=2) > 2
        assert changed(frame.mask)[differs].all()
        assert {int(v) for v in np.unique(frame.mask)} >= {REMOVE, 255}, number
    last = frames[-1]
    assert (last.mask == AFFECTED).any()
    assert (last.mask == OVERLAP).any(), "the ball lies where the crate stood"
    assert validate(tmp_path).valid


def test_a_scene_that_breaks_its_promise_is_left_out_and_counted(tmp_path: Path) -> None:
    scene = stacked(remove=("ball",))
    summary = produce([PairJob(scene, tmp_path, 64, 112)])
    assert (summary.made, summary.skipped) == (0, {BROKEN_PROMISE: 1})
    assert not scan(tmp_path)
    kept = scene.model_copy(update={"promises": False})
    assert produce([PairJob(kept, tmp_path, 64, 112)]).made == 1


def test_a_second_run_keeps_the_pair(tmp_path: Path) -> None:
    made(tmp_path, stacked())
    assert produce([PairJob(stacked(), tmp_path, 64, 112)]).kept == 1


def test_extras_and_whole_cells(tmp_path: Path) -> None:
    sample, frames = made(tmp_path / "extras", stacked(), extras=True, grid=True)
    _, plain = made(tmp_path / "plain", stacked())
    for number, (frame, exact) in enumerate(zip(frames, plain, strict=True)):
        assert np.array_equal(frame.rgb_full, exact.rgb_full)
        assert (changed(frame.mask) >= changed(exact.mask)).all()
        assert changed(frame.mask).sum() > changed(exact.mask).sum()
        assert frame.invisible is not None
        assert frame.depth is not None
        assert frame.flow is not None
        assert np.isnan(frame.flow).all() == (number == len(frames) - 1)
        assert not np.array_equal(frame.invisible, frame.rgb_full)
    # The ball still floats where the unseen crate carries it, so the two clean worlds part as it falls.
    parted = [
        np.abs(frame.rgb_removed.astype(int) - (frame.invisible if frame.invisible is not None else 0)).max()
        for frame in (frames[0], frames[-1])
    ]
    assert parted[0] == 0
    assert parted[1] > 20
    assert sample.metadata() is not None
