"""The engine end to end on small clips on disk: plans, refusals, repeatability, going on after a kill, real footage."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cleanplate.edit.layer import LayerWriter
from cleanplate.engines.propagate import engine as module
from cleanplate.engines.propagate.engine import PropagateEngine
from cleanplate.errors import CleanplateError
from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.quadmask import AFFECTED, KEEP, REMOVE, QuadMask, QuadMaskWriter
from cleanplate.masks.reasoning import CellsAt, Grid, Kind, Reasoning, Thing
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.pipeline.edits import Add, Remove
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Generated, Plan, Refusal, Scene
from cleanplate.progress import Silent

SIZE, LENGTH = (96, 128), 10
MACHINE = Machine("test", "test", 2, 8 << 30, 8 << 30)
DATA = Path(os.environ.get("CLEANPLATE_DATA", "../shared/data")) / "void"


def backdrop() -> np.ndarray:
    rng = np.random.default_rng(0)
    noise = sum(cv2.GaussianBlur(rng.normal(0, 1, SIZE), (0, 0), s) * s for s in (1, 3))
    return np.asarray(np.clip(120 + 40 * noise, 30, 220), np.uint8)


def write_clip(folder: Path, format_name: str = "yuv420p") -> Clip:
    """A square that crosses a still backdrop and casts a shadow beside it."""
    fmt, path = pixel_format(format_name), folder / "plate.mkv"
    with Ffv1Writer(path, fmt, *SIZE, colour=ColourTags(), time_base=Fraction(1, 12), rate=Fraction(12)) as writer:
        for n in range(LENGTH):
            luma = backdrop()
            x = 8 + 10 * n
            luma[60:70, x : x + 20] //= 2
            luma[40:60, x : x + 20] = 235
            chroma = [np.full(fmt.plane_shape(c, *SIZE), 128, np.uint8) for c in range(1, fmt.components)]
            writer.write((luma, *chroma), n)
    return Clip.open(path)


def write_quadmask(folder: Path, frames: range = range(LENGTH), everything: bool = False) -> QuadMask:
    path = folder / "quadmask.mkv"
    with QuadMaskWriter(path, height=SIZE[0], width=SIZE[1], rate=Fraction(12)) as writer:
        for n in range(LENGTH):
            labels = np.full(SIZE, REMOVE if everything else KEEP, np.uint8)
            if n in frames:
                x = 8 + 10 * n
                labels[58:73, max(0, x - 4) : x + 24] = AFFECTED
                labels[38:62, max(0, x - 2) : x + 22] = REMOVE
            writer.write(labels)
    return QuadMask.open(path)


def shadow() -> Reasoning:
    grid = Grid.of(*SIZE)
    cells = tuple((row, column) for row in range(grid.rows) for column in range(grid.columns))
    thing = Thing(
        id="t1",
        name="shadow",
        kind=Kind.SHADOW,
        caused_by="square",
        why="it blocks the light",
        onset=0,
        end=LENGTH - 1,
        cells_by_time=(CellsAt(frame=0, cells=cells),),
    )
    return Reasoning(frames=LENGTH, height=SIZE[0], width=SIZE[1], grid=grid, removed=("square",), affected=(thing,))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(clip=write_clip(tmp_path), quadmask=write_quadmask(tmp_path), reasoning=shadow())


def planned(scene: Scene, edit: Any = None) -> Plan:
    plan = PropagateEngine().plan(edit or Remove(), scene, MACHINE, 7)
    assert isinstance(plan, Plan)
    return plan


def made(scene: Scene, folder: Path, progress: Any = None) -> Generated:
    return PropagateEngine().generate(planned(scene), scene, folder, progress or Silent())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_square_and_its_shadow_go(scene: Scene, tmp_path: Path) -> None:
    result = made(scene, tmp_path / "layer")
    assert result.layer.frames == list(range(LENGTH))
    truth = backdrop().astype(np.float64)
    for frame, (patch,) in result.layer:
        y0, x0, y1, x1 = patch.box
        labels = scene.quadmask.at(frame)[y0:y1, x0:x1]  # type: ignore[union-attr]
        assert not patch.alpha[labels == KEEP].any()
        assert (patch.alpha[labels == REMOVE] == 65535).all()
        plate = scene.clip.frame(frame).planes[0][y0:y1, x0:x1]
        alpha = patch.alpha / 65535
        composite = plate + alpha * (patch.colour[..., 0] / 4 - plate)
        error = np.abs(composite - truth[y0:y1, x0:x1])
        assert error[labels == REMOVE].max() < 2
        assert np.percentile(error, 95) < 3
    assert result.measurements["never_seen"] == 0
    assert result.measurements["cast_changed"] > 0.3


def test_without_reasoning_what_is_affected_stays(scene: Scene, tmp_path: Path) -> None:
    bare = Scene(clip=scene.clip, quadmask=scene.quadmask)
    assert any("Invents no motion" in note for note in planned(bare).notes)
    for frame, (patch,) in made(bare, tmp_path / "layer").layer:
        y0, x0, y1, x1 = patch.box
        labels = bare.quadmask.at(frame)[y0:y1, x0:x1]  # type: ignore[union-attr]
        beyond = cv2.dilate((labels == REMOVE).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
        assert not patch.alpha[beyond].any()


def test_same_inputs_same_bytes(scene: Scene, tmp_path: Path) -> None:
    made(scene, tmp_path / "a")
    made(scene, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


class KilledError(Exception):
    """Stands for a kill."""


class Killer:
    """Progress that kills the work after some frames."""

    def __init__(self, after: int) -> None:
        self._left = after

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Any]:
        def tick(advance: int = 1) -> None:
            if name == "clean plate":
                self._left -= advance
                if self._left < 0:
                    raise KilledError

        yield tick


@pytest.mark.parametrize("after", [4, 7])
def test_goes_on_after_a_kill_with_the_same_bytes(
    scene: Scene, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LayerWriter", lambda folder, info: LayerWriter(folder, info, segment=3))
    whole = made(scene, tmp_path / "whole")
    with pytest.raises(KilledError):
        made(scene, tmp_path / "cut", Killer(after))
    again = made(scene, tmp_path / "cut")
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert again.measurements == whole.measurements


def test_plans_only_what_has_something_to_fill(tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    scene = Scene(clip=clip, quadmask=write_quadmask(tmp_path, range(2, 6)))
    assert planned(scene).windows == (range(2, 6),)
    assert planned(scene, Remove(first_frame=3, last_frame=4)).windows == (range(3, 5),)
    assert planned(scene).parameters["seed"] == 7


def test_gray_plates(tmp_path: Path) -> None:
    scene = Scene(clip=write_clip(tmp_path, "gray"), quadmask=write_quadmask(tmp_path))
    _, (patch,) = next(iter(made(scene, tmp_path / "layer").layer))
    assert patch.colour.shape[2] == 1


def test_refusals_say_what_to_do(tmp_path: Path, scene: Scene) -> None:
    def refused(edit: Any, scene: Scene, machine: Machine = MACHINE) -> Refusal:
        answer = PropagateEngine().plan(edit, scene, machine, 0)
        assert isinstance(answer, Refusal)
        assert answer.remedy
        return answer

    assert "does nothing else" in refused(Add(instruction="a hat"), scene).why
    assert "nothing is marked" in refused(Remove(first_frame=9, last_frame=2), scene).why
    assert "memory" in refused(Remove(), scene, Machine("test", "test", 2, 1 << 20, 8 << 30)).why
    full = Scene(clip=scene.clip, quadmask=write_quadmask(tmp_path, range(0), everything=True))
    assert "as a whole" in refused(Remove(), full).why


def test_one_frame_is_filled_with_texture(tmp_path: Path) -> None:
    path = tmp_path / "one.mkv"
    with Ffv1Writer(
        path, pixel_format("gray"), *SIZE, colour=ColourTags(), time_base=Fraction(1, 12), rate=Fraction(12)
    ) as writer:
        writer.write((backdrop(),), 0)
    with QuadMaskWriter(tmp_path / "q.mkv", height=SIZE[0], width=SIZE[1], rate=Fraction(12)) as masks:
        labels = np.full(SIZE, KEEP, np.uint8)
        labels[40:60, 50:80] = REMOVE
        masks.write(labels)
    scene = Scene(clip=Clip.open(path), quadmask=QuadMask.open(tmp_path / "q.mkv"))
    result = made(scene, tmp_path / "layer")
    assert result.layer.frames == [0]
    assert result.measurements["never_seen"] == 1


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", ["lime", "moving_ball", "pillow", "ducky-float"])
def test_real_footage(name: str, tmp_path: Path) -> None:
    folder = DATA / name
    if not folder.exists():
        pytest.skip(f"no footage at {folder}")
    with Clip.open(folder / "input_video.mp4") as clip:
        try:
            quadmask, _ = read_mask_file(folder / "quadmask.mp4", clip.info, tmp_path / "quadmask.mkv")
        except CleanplateError as error:
            pytest.fail(str(error))
        scene = Scene(clip=clip, quadmask=quadmask)
        layer = made(scene, tmp_path / "layer").layer
        for frame in (layer.frames[0], layer.frames[len(layer.frames) // 2]):
            (patch,) = layer.patches(frame)
            y0, x0, y1, x1 = patch.box
            labels = quadmask.at(frame)
            alpha = np.zeros(labels.shape, np.uint16)
            alpha[y0:y1, x0:x1] = patch.alpha
            assert not alpha[labels == KEEP].any()
            luma = np.rint(patch.colour[..., 0] / 4)
            plate = clip.frame(frame).planes[0][y0:y1, x0:x1]
            removed = (labels < 95)[y0:y1, x0:x1]
            assert (luma != plate)[removed].mean() >= 0.9


def test_a_shadow_no_likelier_there_than_not_is_left_and_that_is_said(scene: Scene) -> None:
    assert scene.reasoning is not None
    (sure,) = scene.reasoning.affected
    for confidence, left in ((0.5, True), (0.51, False)):
        told = scene.reasoning.model_copy(update={"affected": (sure.model_copy(update={"confidence": confidence}),)})
        notes = planned(replace(scene, reasoning=told)).notes
        assert ("Leaves what is no likelier there than not: shadow." in notes) == left
        assert not any("Invents no motion" in note for note in notes)
