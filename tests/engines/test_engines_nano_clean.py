"""The clean plate under what `void-nano` moves: what is filled, and what the plate shows already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.engines.propagate.footage import HOLE, halo
from cleanplate.engines.void_nano.clean import Emptied
from cleanplate.engines.void_nano.outline import Outline
from cleanplate.engines.void_nano.production import Production
from cleanplate.engines.void_nano.settings import Settings
from cleanplate.masks.grid import cells_of
from cleanplate.masks.labels import changed, removed
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.reasoning import CellsAt, Grid, Kind, Reasoning, Thing
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.pipeline.protocols import Scene
from cleanplate.progress import Silent
from drawn_nano import FRAMES, Fall, by_hand, exact, fall, system, write_fall

GRID = Grid(rows=8, columns=13)
LAST = FRAMES - 1


@pytest.fixture(scope="module")
def drawn() -> Fall:
    return fall()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, drawn: Fall) -> Path:
    return write_fall(tmp_path_factory.mktemp("fall"), drawn)


@pytest.fixture
def scene(folder: Path) -> Iterator[Scene]:
    with Clip.open(folder / "plate.mkv") as clip:
        yield Scene(clip, QuadMask.open(folder / "quadmask.mkv"))


def square(drawn: Fall) -> NDArray[np.bool_]:
    """Where the square is in the plate, on every frame: on its shelf."""
    there = np.zeros(drawn.labels.shape[1:], bool)
    there[8:32, 64:88] = True
    return there


def told(drawn: Fall, **known: object) -> Reasoning:
    height, width = drawn.labels.shape[1:]
    thing = Thing(
        id="square", name="square", kind=Kind.OBJECT, caused_by="shelf", why="It falls.", onset=0, end=LAST, **known
    )
    size = {"frames": FRAMES, "height": height, "width": width}
    return Reasoning(**size, grid=GRID, removed=("shelf",), affected=(thing,))


def holes(scene: Scene) -> NDArray[np.bool_]:
    assert scene.quadmask is not None
    return np.asarray(Emptied(scene, scene.quadmask).roles(LAST) == HOLE)


def test_of_a_mask_alone_everything_that_may_change_is_filled(scene: Scene, drawn: Fall) -> None:
    assert np.array_equal(holes(scene), changed(drawn.labels[LAST]))


def test_where_a_tracked_thing_lands_the_plate_shows_the_ground(scene: Scene, drawn: Fall, tmp_path: Path) -> None:
    labels, there = drawn.labels[LAST], square(drawn)
    height, width = there.shape
    with TrackWriter(tmp_path / "square.track", name="square", length=FRAMES, height=height, width=width) as track:
        for number in range(FRAMES):
            track.write(number, there)
    known = Scene(
        scene.clip,
        scene.quadmask,
        told(drawn, track="square.track"),
        things={"square": Track(tmp_path / "square.track")},
    )
    found = holes(known)
    assert found[removed(labels)].all()
    assert found[there & changed(labels)].all()
    landing = changed(labels)
    landing[: 32 + 6 + halo(height, width) + 1] = False
    assert landing.sum() > 200
    assert not found[landing].any()


def test_what_lands_where_nothing_was_filled_is_drawn_there(
    scene: Scene, drawn: Fall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exact answer, over a clean plate that shows the ground of the landing place as it is."""
    labels, there = drawn.labels[LAST], square(drawn)
    with TrackWriter(tmp_path / "square.track", name="square", length=FRAMES, height=96, width=160) as track:
        for number in range(FRAMES):
            track.write(number, there)
    things = {"square": Track(tmp_path / "square.track")}
    known = replace(scene, reasoning=told(drawn, track="square.track"), things=things)
    monkeypatch.setattr("cleanplate.engines.void_nano.passes.asked", lambda *given: by_hand(exact(drawn, 8)))
    monkeypatch.setattr("cleanplate.models.store.moving.model_of", lambda name, device: (None, system()))
    assert known.quadmask is not None
    outline = Outline.of(system(), known.quadmask, known.clip.info, Settings())
    layer, _ = Production(known, known.quadmask, outline, "", tmp_path / "layer", seed=0).run(Silent())
    ((_, (patch,)),) = [one for one in layer if one[0] == LAST]
    (y0, x0, y1, x1), filled = patch.box, np.zeros(labels.shape, bool)
    filled[y0:y1, x0:x1] = patch.alpha > 0
    landed = np.roll(there, drawn.fallen[LAST], axis=0) & changed(labels)
    assert filled[landed].mean() > 0.95
    assert not (filled & ~changed(labels)).any()


def test_a_thing_that_nothing_places_is_filled_with_all_that_may_change(scene: Scene, drawn: Fall) -> None:
    found = holes(replace(scene, reasoning=told(drawn, rest_place=(5, 6))))
    assert np.array_equal(found, changed(drawn.labels[LAST]))


def test_a_thing_without_a_track_is_where_its_cells_are(scene: Scene, drawn: Fall) -> None:
    cells = (CellsAt(frame=0, cells=cells_of(square(drawn), GRID)),)
    found = holes(Scene(scene.clip, scene.quadmask, told(drawn, cells_by_time=cells)))
    assert found[square(drawn) & changed(drawn.labels[LAST])].all()
    assert found.sum() < changed(drawn.labels[LAST]).sum()
